"""Looking an unknown line up because a person asked: what is found is told, and nothing is sent on a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from db.organizations import Role
from resolvers.outbox.outboxes import Outbox
from tests.asking import PATIENT, open_desk
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from tests.asking import Desk

RESOLVE = """mutation ($input: ResolveUnknownExportInput!) { resolveUnknownExport(input: $input) {
  __typename
  ... on ResolveUnknownExportPayload {
    finding
    exportLine { id state nextLookupAt needsAttention psaTimeEntryId errorCode }
    timeEntry { exportStatus lockReasons }
  }
  ... on ProjectsError { code message }
} }"""
LINE = "query ($id: ID!) { exportBatch(id: $id) { lines { nodes { id state nextLookupAt } } } }"
POST = {"method": "POST"}
GET = {"method": "GET"}
A_MINUTE = 60.0


async def in_doubt(desk: Desk, *faults: dict[str, Any], quarantine: float = A_MINUTE) -> str:
    """Export one entry, whose answer is lost for longer than anybody waits; return its line."""
    await linked(desk)
    desk.outbox = Outbox(desk.database, desk.psa_for, replace(PATIENT, quarantine=quarantine, base_backoff=A_MINUTE))
    desk.outbox.random = lambda: 1.0
    await desk.sandbox.faults(*faults)
    answer = await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))
    assert answer["lines"][0]["state"] == "UNKNOWN"
    (line,) = (await desk.ask(LINE, id=answer["batch"]["id"]))["lines"]["nodes"]
    assert line["nextLookupAt"] is not None
    await desk.sandbox.faults()
    return line["id"]


async def test_what_arrived_although_no_answer_came_is_found(desk: Desk):
    line_id = await in_doubt(desk, {"do": "drop_after_commit", "match": POST, "times": 1})

    answer = await desk.do(RESOLVE, Role.MANAGER, exportLineId=line_id)

    (kept,) = await desk.sandbox.time_entries(desk.org)
    assert answer["finding"] == "FOUND"
    assert answer["exportLine"] == {
        "id": line_id, "state": "CONFIRMED", "nextLookupAt": None, "needsAttention": None, "psaTimeEntryId": kept["id"],
        "errorCode": None,
    }  # fmt: skip
    assert answer["timeEntry"] == {"exportStatus": "EXPORTED", "lockReasons": ["ALREADY_EXPORTED"]}


async def test_in_the_quarantine_nothing_is_sent_and_the_next_lookup_is_told(desk: Desk):
    line_id = await in_doubt(desk, {"do": "drop_before_commit", "match": POST, "times": 1})

    answer = await desk.do(RESOLVE, exportLineId=line_id)
    again = await desk.do(RESOLVE, exportLineId=line_id)

    line = answer["exportLine"]
    assert (answer["finding"], line["state"], line["errorCode"]) == ("ABSENT", "UNKNOWN", "OUTCOME_UNKNOWN")
    until = datetime.fromisoformat(line["nextLookupAt"]) - datetime.now(UTC)
    assert timedelta() < until <= timedelta(seconds=A_MINUTE)
    assert again["exportLine"] == line
    assert answer["timeEntry"] == {"exportStatus": "UNKNOWN", "lockReasons": ["OUTCOME_UNKNOWN"]}
    assert len(await desk.calls("POST")) == 1


async def test_after_the_quarantine_what_never_arrived_is_sent_once(desk: Desk):
    line_id = await in_doubt(desk, {"do": "drop_before_commit", "match": POST, "times": 1}, quarantine=0.4)

    answer = await desk.do(RESOLVE, exportLineId=line_id)

    assert (answer["finding"], answer["exportLine"]["state"]) == ("ABSENT", "CONFIRMED")
    assert len(await desk.sandbox.time_entries(desk.org)) == 1


async def test_a_psa_that_does_not_answer_leaves_the_doubt(desk: Desk):
    line_id = await in_doubt(desk, {"do": "drop_after_commit", "match": POST, "times": 1})
    await desk.sandbox.faults({"do": "status", "status": 503, "match": GET})

    answer = await desk.do(RESOLVE, exportLineId=line_id)

    assert (answer["finding"], answer["exportLine"]["state"]) == ("UNANSWERED", "UNKNOWN")
    assert answer["exportLine"]["nextLookupAt"] is not None
    assert len(await desk.calls("POST")) == 1


async def test_a_psa_that_cannot_be_searched_leaves_it_to_a_person(desk: Desk):
    ignores = {"do": "forget_filter", "match": GET}
    await linked(desk)
    desk.outbox = Outbox(desk.database, desk.psa_for, PATIENT)
    await desk.do(EXPORT, **said(desk, *await entries(desk, 1), key="first"))
    desk.outbox.probes.forget(desk.org)
    await desk.sandbox.faults(ignores, {"do": "drop_before_commit", "match": POST, "times": 1})
    answer = await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))
    (line,) = (await desk.ask(LINE, id=answer["batch"]["id"]))["lines"]["nodes"]

    resolved = await desk.do(RESOLVE, exportLineId=line["id"])

    shown = resolved["exportLine"]
    assert (resolved["finding"], shown["state"], shown["nextLookupAt"]) == ("UNANSWERED", "UNKNOWN", None)
    assert shown["needsAttention"] == "CANNOT_BE_LOOKED_UP"
    assert len(await desk.calls("POST")) == 2


async def test_a_line_that_is_decided_is_not_looked_up(desk: Desk):
    await linked(desk)
    done = await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))
    (line,) = (await desk.ask(LINE, id=done["batch"]["id"]))["lines"]["nodes"]
    calls = len(await desk.calls())

    answer = await desk.do(RESOLVE, exportLineId=line["id"])

    assert (answer["finding"], answer["exportLine"]["state"]) == ("NOT_NEEDED", "CONFIRMED")
    assert len(await desk.calls()) == calls


async def test_who_may_not_export_resolves_nothing_and_strangers_see_no_line(desk: Desk):
    line_id = await in_doubt(desk, {"do": "drop_after_commit", "match": POST, "times": 1})
    other = await open_desk(desk.database, desk.sandbox)

    mine = await desk.do(RESOLVE, Role.MEMBER, exportLineId=line_id)
    unknown = await desk.do(RESOLVE, exportLineId="exl_nowhere")
    hidden = await other.do(RESOLVE, exportLineId=line_id)

    assert mine["code"] == "FORBIDDEN"
    assert unknown["code"] == "EXPORT_LINE_NOT_FOUND"
    assert hidden == unknown | {"message": unknown["message"].replace("exl_nowhere", line_id)}
    await other.leave()
