"""What a person saw in the PSA of a line that no lookup can settle."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from db.activity import ActivityEvent, ActivityKind
from db.exports.endings import finish_batch
from db.exports.tables import ExportLine
from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.time_entries.tables import TimeEntry
from resolvers.outbox.outboxes import Outbox
from tests.acting import rows
from tests.asking import PATIENT, open_desk
from tests.given import NOW
from tests.graphql.test_exports import EXPORT, entries, linked, said
from tests.graphql.test_retries import RETRY, wish
from tests.kinds import KINDS, NO_LOOKUP, only

if TYPE_CHECKING:
    from tests.asking import Desk

SETTLE = """mutation ($input: ResolveUnknownExportInput!) { resolveUnknownExport(input: $input) {
  __typename
  ... on ResolveUnknownExportPayload {
    finding
    exportLine { state psaTimeEntryId needsAttention errorCode nextLookupAt batch { status finishedAt } }
    timeEntry { exportStatus lockReasons }
  }
  ... on LineNotLeftToPeopleError { state }
  ... on InvalidInputError { problems { field } }
  ... on ProjectsError { code message retryable retryAfterSeconds }
} }"""
POST = {"method": "POST"}
LOST = {"do": "drop_before_commit", "match": POST, "times": 1}
UNHEARD = {"do": "drop_after_commit", "match": POST, "times": 1}
ABSENT = {"absent": True}
HASTY, SLOW = replace(PATIENT, quarantine=0.2), replace(PATIENT, quarantine=90.0)


async def parked(desk: Desk, *faults: dict[str, Any], number: int = 1, quarantine: float = 0.0) -> dict[str, Any]:
    """Export entries to a PSA that cannot be searched and whose answers are lost; return what the export answered."""
    await linked(desk)
    someones = {"contractId": desk.contract(1), "date": "2026-01-05", "hours": "1.00", "externalRef": "another-tool-1"}
    await desk.sandbox.control("POST", "seed", {"tenant": {"id": desk.org}, "timeEntries": [someones]})
    await desk.sandbox.settings(tenant=desk.org, **KINDS["C"])
    desk.outbox = Outbox(desk.database, desk.psa_for, SLOW if quarantine else HASTY)
    await desk.sandbox.faults(*faults)
    answer = await desk.do(EXPORT, **said(desk, *await entries(desk, number)))
    await desk.sandbox.faults()
    if not quarantine:
        await asyncio.sleep(HASTY.quarantine)
    return answer


async def line_ids(desk: Desk) -> list[str]:
    return [line.id for line in await rows(desk.database, desk.org, ExportLine)]


async def test_what_somebody_saw_in_the_psa_confirms_the_line(desk: Desk):
    answer = await parked(desk, UNHEARD)
    (line_id,), (kept,) = await line_ids(desk), await desk.sandbox.time_entries(desk.org)

    settled = await desk.do(SETTLE, Role.MANAGER, exportLineId=line_id, seen={"psaTimeEntryId": kept["id"]})

    assert answer["lines"][0]["state"] == "UNKNOWN"
    assert settled["finding"] == "FOUND"
    batch = settled["exportLine"].pop("batch")
    assert (batch["status"], batch["finishedAt"] is not None) == ("SUCCEEDED", True)
    assert settled["exportLine"] == {
        "state": "CONFIRMED", "psaTimeEntryId": kept["id"], "needsAttention": None, "errorCode": None,
        "nextLookupAt": None,
    }  # fmt: skip
    assert settled["timeEntry"] == {"exportStatus": "EXPORTED", "lockReasons": ["ALREADY_EXPORTED"]}
    assert len(await desk.calls("POST")) == 1


async def test_who_said_so_is_written_down(desk: Desk):
    await parked(desk, UNHEARD)
    (line_id,), (kept,) = await line_ids(desk), await desk.sandbox.time_entries(desk.org)

    await desk.do(SETTLE, Role.MANAGER, exportLineId=line_id, seen={"psaTimeEntryId": kept["id"]})

    events = {event.kind: event for event in await rows(desk.database, desk.org, ActivityEvent)}
    settled = events[ActivityKind.EXPORT_SETTLED]
    assert settled.actor_id == desk.place.users[Role.MANAGER].id
    assert kept["id"] in settled.summary
    assert settled.details == {"line_id": line_id, "external_ref": kept["externalRef"], "psa_time_entry_id": kept["id"]}
    assert ActivityKind.EXPORT_FINISHED in events


async def test_what_is_not_there_is_free_and_goes_out_once_when_somebody_asks(desk: Desk):
    answer = await parked(desk, LOST)
    (line_id,) = await line_ids(desk)

    settled = await desk.do(SETTLE, exportLineId=line_id, seen=ABSENT)
    before = await desk.sandbox.time_entries(desk.org)
    retried = await desk.do(RETRY, **wish(answer["batch"]["id"], "retry"))

    line, (kept,) = settled["exportLine"], await desk.sandbox.time_entries(desk.org)
    assert (settled["finding"], line["state"], line["errorCode"]) == ("ABSENT", "REJECTED", "NOT_IN_PSA")
    assert settled["timeEntry"]["lockReasons"] == []
    assert (before, retried["lines"][0]["state"], kept["externalRef"][-2:]) == ([], "CONFIRMED", ":2")


async def test_an_export_that_is_asked_for_again_tells_what_a_person_said(desk: Desk):
    await parked(desk, LOST)
    (line_id,) = await line_ids(desk)
    await desk.do(SETTLE, exportLineId=line_id, seen=ABSENT)

    (line,) = (await desk.do(EXPORT, **said(desk, *await rows(desk.database, desk.org, TimeEntry))))["lines"]

    assert (line["state"], line["code"]) == ("REJECTED", "NOT_IN_PSA")


async def test_nobody_can_say_that_nothing_is_there_while_a_request_may_still_arrive(desk: Desk):
    await parked(desk, LOST, quarantine=90.0)
    (line_id,) = await line_ids(desk)

    refused = await desk.do(SETTLE, exportLineId=line_id, seen=ABSENT)

    assert (refused["code"], refused["retryable"]) == ("REQUEST_UNDER_WAY", True)
    assert 0 < refused["retryAfterSeconds"] <= SLOW.quarantine
    assert (await rows(desk.database, desk.org, OutboundOp))[0].state == "UNKNOWN"


@pytest.mark.parametrize(
    ("seen", "field"),
    [
        ({}, "seen"),
        ({"absent": False}, "seen"),
        ({"psaTimeEntryId": "time-1", "absent": True}, "seen"),
        ({"psaTimeEntryId": "  "}, "psaTimeEntryId"),
        ({"psaTimeEntryId": "time\u0000"}, "psaTimeEntryId"),
    ],
)
async def test_a_person_says_one_thing_that_can_be_kept(desk: Desk, seen: dict[str, Any], field: str):
    await parked(desk, UNHEARD)
    (line_id,) = await line_ids(desk)

    refused = await desk.do(SETTLE, exportLineId=line_id, seen=seen)

    assert (refused["code"], refused["problems"]) == ("INVALID_INPUT", [{"field": field}])


async def test_an_entry_of_the_psa_stands_for_one_line(desk: Desk):
    await parked(desk, UNHEARD, number=2)
    (doubtful, confirmed) = await rows(desk.database, desk.org, OutboundOp)
    (line_id, _) = await line_ids(desk)

    refused = await desk.do(SETTLE, exportLineId=line_id, seen={"psaTimeEntryId": confirmed.remote_id})

    assert (doubtful.state, confirmed.state) == ("UNKNOWN", "CONFIRMED")
    assert (refused["code"], refused["problems"]) == ("INVALID_INPUT", [{"field": "psaTimeEntryId"}])


@only("A", "B", because=NO_LOOKUP)
async def test_what_was_moved_in_the_psa_can_be_accepted_as_it_is_there(desk: Desk):
    await linked(desk)
    desk.outbox = Outbox(desk.database, desk.psa_for, replace(HASTY, base_backoff=60.0))
    desk.outbox.random = lambda: 1.0
    await desk.sandbox.faults(UNHEARD)
    await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))
    await desk.sandbox.faults()
    (line_id,), (kept,) = await line_ids(desk), await desk.sandbox.time_entries(desk.org)
    seen = {"psaTimeEntryId": kept["id"]}
    await desk.sandbox.change("time-entries", kept["id"], desk.org, contractId=desk.contract(2))

    too_early = await desk.do(SETTLE, exportLineId=line_id, seen=seen)
    looked_up = await desk.do(SETTLE, exportLineId=line_id)
    settled = await desk.do(SETTLE, exportLineId=line_id, seen=seen)

    assert (too_early["code"], too_early["state"]) == ("LINE_NOT_LEFT_TO_PEOPLE", "UNKNOWN")
    assert looked_up["exportLine"]["needsAttention"] == "REMOTE_MISMATCH"
    assert (settled["exportLine"]["state"], settled["exportLine"]["psaTimeEntryId"]) == ("CONFIRMED", kept["id"])
    assert len(await desk.calls("POST")) == 1


@pytest.mark.parametrize("seen", [ABSENT, {"psaTimeEntryId": "time-of-nobody"}])
@pytest.mark.parametrize("state", ["SENT", "CONFIRMED"])
async def test_a_line_that_is_decided_or_in_a_workers_hands_is_no_persons(desk: Desk, seen: dict[str, Any], state: str):
    await parked(desk, UNHEARD)
    (line_id,) = await line_ids(desk)
    async with desk.database.write(desk.org) as session:
        await session.execute(update(OutboundOp).values(state=state))

    refused = await desk.do(SETTLE, exportLineId=line_id, seen=seen)

    (op,) = await rows(desk.database, desk.org, OutboundOp)
    assert (refused["code"], refused["state"]) == ("LINE_NOT_LEFT_TO_PEOPLE", state)
    assert (op.state, op.remote_id) == (state, None)


async def test_who_may_not_export_settles_nothing_and_strangers_see_no_line(desk: Desk):
    await parked(desk, UNHEARD)
    (line_id,) = await line_ids(desk)
    other = await open_desk(desk.database, desk.sandbox)

    codes = [
        (await asked.do(SETTLE, role, exportLineId=line_id, seen=ABSENT))["code"]
        for asked, role in ((desk, Role.MEMBER), (desk, Role.VIEWER), (other, Role.OWNER))
    ]

    await other.leave()
    assert codes == ["FORBIDDEN", "FORBIDDEN", "EXPORT_LINE_NOT_FOUND"]


async def test_of_two_who_say_different_things_at_once_one_is_believed(desk: Desk):
    await parked(desk, UNHEARD)
    (line_id,), (kept,) = await line_ids(desk), await desk.sandbox.time_entries(desk.org)

    both = await asyncio.gather(
        *(desk.do(SETTLE, exportLineId=line_id, seen=seen) for seen in (ABSENT, {"psaTimeEntryId": kept["id"]}))
    )

    events = [event.kind for event in await rows(desk.database, desk.org, ActivityEvent)]
    assert sorted(each["__typename"] for each in both) == ["LineNotLeftToPeopleError", "ResolveUnknownExportPayload"]
    assert events.count(ActivityKind.EXPORT_SETTLED) == 1


async def test_a_person_and_a_worker_who_settle_the_last_two_lines_at_once_end_the_batch_once(desk: Desk):
    await parked(desk, UNHEARD | {"times": 2}, number=2)
    (workers, _), (_, persons) = await rows(desk.database, desk.org, OutboundOp), await line_ids(desk)

    async with desk.database.write(desk.org) as session:
        await session.execute(update(OutboundOp).where(OutboundOp.id == workers.id).values(state=OpState.CONFIRMED))
        await finish_batch(session, desk.org, workers.id, NOW)
        meanwhile = asyncio.create_task(desk.do(SETTLE, exportLineId=persons, seen=ABSENT))
        await asyncio.sleep(0.3)
    settled = await meanwhile

    events = [event.kind for event in await rows(desk.database, desk.org, ActivityEvent)]
    assert settled["exportLine"]["batch"]["status"] == "PARTIAL"
    assert events.count(ActivityKind.EXPORT_FINISHED) == 1
