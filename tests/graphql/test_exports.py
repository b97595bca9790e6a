"""Exporting time, as clients see it: what domain 14 asks for, over a PSA that really answers."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.exports.tables import ExportBatch
from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.time_entries.tables import ApprovalStatus, TimeSource
from tests import given
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from db.time_entries.tables import TimeEntry
    from tests.asking import Desk

EXPORT = """mutation ($input: ExportTimeEntriesInput!) { exportTimeEntries(input: $input) {
  __typename
  ... on ExportTimeEntriesPayload {
    replayed
    batch { id status contractNumber counts { total confirmed rejected unknown pending } totals { hours amount } }
    lines { timeEntryId accepted state code message psaTimeEntryId batch { id } timeEntry { exportStatus } }
  }
  ... on ContractNotLinkedError { hint project { name } contracts { id number } }
  ... on InvalidInputError { problems { field } }
  ... on ProjectsError { code message retryable }
} }"""
BATCHES = "query ($id: ID) { exportBatches(projectId: $id) { nodes { id project { id } } } }"


async def linked(desk: Desk) -> None:
    link = given.contract_link(
        desk.place.project, desk.place.users[Role.OWNER], psa_contract_id=desk.contract(1), contract_number="CTR-1001"
    )
    await given.stored(desk.database, link)


async def entries(desk: Desk, number: int, **facts: Any) -> list[TimeEntry]:
    worker = desk.place.users[Role.MEMBER]
    made = [given.time_entry(desk.place.project, worker, **facts) for _ in range(number)]
    await given.stored(desk.database, *made)
    return made


def said(desk: Desk, *of: TimeEntry, key: str = "k", **more: Any) -> dict[str, Any]:
    ids = [each.id for each in of]
    return {"projectId": desk.place.project.id, "timeEntryIds": ids, "idempotencyKey": key} | more


async def test_each_entry_answers_for_itself_and_the_good_one_is_sent(desk: Desk):
    await linked(desk)
    (good,) = await entries(desk, 1)
    [exported] = await entries(desk, 1)
    await desk.do(EXPORT, **said(desk, exported, key="before"))
    bad = [
        *await entries(desk, 1, approval_status=ApprovalStatus.PENDING),
        *await entries(desk, 1, approval_status=ApprovalStatus.REJECTED),
        *await entries(desk, 1, billable=False),
        exported,
        *await entries(desk, 1, source=TimeSource.PSA),
    ]

    answer = await desk.do(EXPORT, Role.MANAGER, **said(desk, *bad, good))

    lines = answer["lines"]
    assert [line["code"] for line in lines] == [
        "NOT_APPROVED", "NOT_APPROVED", "NOT_BILLABLE", "ALREADY_EXPORTED", "ORIGINATED_IN_PSA", None,
    ]  # fmt: skip
    assert [line["accepted"] for line in lines] == [False] * 5 + [True]
    assert (lines[5]["state"], lines[5]["timeEntry"]) == ("CONFIRMED", {"exportStatus": "EXPORTED"})
    assert lines[3]["psaTimeEntryId"] is not None
    assert lines[3]["batch"]["id"] != answer["batch"]["id"]
    assert (answer["batch"]["status"], answer["batch"]["counts"]["total"]) == ("SUCCEEDED", 1)
    kept = await desk.sandbox.time_entries(desk.org)
    assert len(kept) == 2
    assert {(each["contractId"], each["hours"], each["amount"]) for each in kept} == {
        (desk.contract(1), "1.50", "180.00")
    }


async def test_a_key_sent_twice_at_once_exports_once(desk: Desk):
    await linked(desk)
    made = await entries(desk, 3)

    first, second = await asyncio.gather(desk.do(EXPORT, **said(desk, *made)), desk.do(EXPORT, **said(desk, *made)))
    other = await desk.do(EXPORT, **said(desk, made[0]))

    assert first["batch"]["id"] == second["batch"]["id"]
    assert sorted([first["replayed"], second["replayed"]]) == [False, True]
    assert [line["state"] for line in first["lines"] + second["lines"]] == ["CONFIRMED"] * 6
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await desk.sandbox.time_entries(desk.org)) == 3


async def test_without_a_contract_there_is_no_call_and_the_choice_is_shown(desk: Desk):
    made = await entries(desk, 1)
    document = EXPORT.replace("contracts { id number }", "")

    refused = await desk.do(document, **said(desk, *made))
    calls = await desk.calls()
    prompted = await desk.do(EXPORT, **said(desk, *made))

    assert (refused["code"], refused["project"]) == ("CONTRACT_NOT_LINKED", {"name": "Office move"})
    assert calls == []
    assert prompted["contracts"] == [{"id": desk.contract(1), "number": "CTR-1001"}]
    assert await rows(desk.database, desk.org, OutboundOp) == []


async def test_the_choice_is_null_while_the_psa_is_down(desk: Desk):
    made = await entries(desk, 1)
    await desk.sandbox.faults({"do": "status", "status": 503})

    refused = await desk.do(EXPORT, **said(desk, *made))

    assert (refused["code"], refused["contracts"]) == ("CONTRACT_NOT_LINKED", None)


async def test_without_a_connection_nothing_is_exported(desk: Desk):
    bare = await open_desk(desk.database, desk.sandbox, configured=False)
    await linked(bare)

    refused = await bare.do(EXPORT, **said(bare, *await entries(bare, 1)))

    assert refused["code"] == "PSA_NOT_CONFIGURED"
    assert await rows(bare.database, bare.org, OutboundOp) == []
    await bare.leave()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
async def test_who_may_not_export_exports_nothing(desk: Desk, role: Role):
    await linked(desk)

    refused = await desk.do(EXPORT, role, **said(desk, *await entries(desk, 1)))

    assert refused["code"] == "FORBIDDEN"
    assert await desk.calls() == []


async def test_an_unknown_project_and_another_organisations_get_the_same_answer(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = other.place.project.id

    unknown = await desk.do(EXPORT, **(said(desk) | {"projectId": "prj_nowhere"}))
    hidden = await desk.do(EXPORT, **(said(desk) | {"projectId": foreign}))

    assert hidden == {**unknown, "message": unknown["message"].replace("prj_nowhere", foreign)}
    assert unknown["code"] == "PROJECT_NOT_FOUND"
    await other.leave()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"timeEntryIds": []}, "INVALID_INPUT"),
        ({"timeEntryIds": None}, "INVALID_INPUT"),
        ({"allEligible": True}, "INVALID_INPUT"),
        ({"idempotencyKey": " "}, "INVALID_INPUT"),
        ({"timeEntryIds": [f"tme_{number}" for number in range(201)]}, "LIST_TOO_LONG"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(desk: Desk, more: dict[str, Any], code: str):
    await linked(desk)

    refused = await desk.do(EXPORT, **said(desk, *await entries(desk, 1), **more))

    assert refused["code"] == code
    assert await rows(desk.database, desk.org, ExportBatch) == []


async def test_entries_of_nowhere_and_of_another_organisation_are_not_found(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    await linked(desk)
    [foreign] = await entries(other, 1)
    ids = [foreign.id, "tme_nowhere"]

    answer = await desk.do(EXPORT, **said(desk, timeEntryIds=ids))

    assert answer["batch"] is None
    assert [(line["code"], line["timeEntry"], line["batch"]) for line in answer["lines"]] == [
        ("NOT_FOUND", None, None)
    ] * 2
    await other.leave()


async def test_all_or_nothing_sends_nothing_when_one_stands_in_the_way(desk: Desk):
    await linked(desk)
    good, bad = *await entries(desk, 1), *await entries(desk, 1, billable=False)

    answer = await desk.do(EXPORT, **said(desk, good, bad, policy="ALL_OR_NOTHING"))

    assert [line["code"] for line in answer["lines"]] == ["OTHERS_REFUSED", "NOT_BILLABLE"]
    assert answer["batch"] is None
    assert await desk.calls("POST") == []


async def test_a_line_that_the_psa_refuses_says_so_and_stops_no_other(desk: Desk):
    await linked(desk)
    made = await entries(desk, 2)
    await desk.sandbox.faults({"do": "status", "status": 422, "match": {"method": "POST"}, "times": 1})

    answer = await desk.do(EXPORT, **said(desk, *made))

    outcomes = {(line["state"], line["code"]) for line in answer["lines"]}
    assert outcomes == {("CONFIRMED", None), ("REJECTED", "PSA_REJECTED")}
    assert answer["batch"]["status"] == "PARTIAL"


async def test_a_rate_limit_in_the_middle_leaves_what_arrived_and_lets_the_rest_wait(desk: Desk):
    await linked(desk)
    made = await entries(desk, 3)
    limit = {"do": "rate_limit", "retryAfter": 23, "match": {"method": "POST"}, "skip": 1, "times": 1}
    await desk.sandbox.faults(limit)

    answer = await desk.do(EXPORT, **said(desk, *made))

    states = [line["state"] for line in answer["lines"]]
    assert (states.count("CONFIRMED"), states.count("PENDING")) == (1, 2)
    assert "PSA_RATE_LIMITED" in {line["code"] for line in answer["lines"]}
    assert answer["batch"]["status"] == "RUNNING"


async def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_twice(desk: Desk):
    await linked(desk)
    made = await entries(desk, 1)
    await desk.sandbox.faults({"do": "drop_after_commit", "match": {"method": "POST"}, "times": 1})

    answer = await desk.do(EXPORT, **said(desk, *made))

    assert answer["lines"][0]["state"] == "CONFIRMED"
    assert len(await desk.sandbox.time_entries(desk.org)) == 1


async def test_all_that_is_eligible_is_answered_at_once_and_goes_on_by_itself(desk: Desk):
    await linked(desk)
    await entries(desk, 3)
    await entries(desk, 1, billable=False)

    answer = await desk.do(EXPORT, **said(desk, timeEntryIds=None, allEligible=True))

    assert (answer["lines"], answer["batch"]["status"], answer["batch"]["counts"]["pending"]) == ([], "RUNNING", 3)
    assert answer["batch"]["totals"] == {"hours": "4.50", "amount": "540.00"}
    assert await desk.calls("POST") == []
    while await desk.outbox.turn():
        pass
    assert [op.state for op in await rows(desk.database, desk.org, OutboundOp)] == [OpState.CONFIRMED] * 3


async def test_batches_are_listed_by_project(desk: Desk):
    await linked(desk)
    answer = await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))
    project = desk.place.project.id

    mine = await desk.ask(BATCHES, id=project)
    others = await desk.ask(BATCHES, id="prj_nowhere")
    all_of_them = await desk.ask(BATCHES)

    assert mine["nodes"] == all_of_them["nodes"] == [{"id": answer["batch"]["id"], "project": {"id": project}}]
    assert others["nodes"] == []


async def test_what_was_exported_stays_on_the_contract_that_was_linked_then(desk: Desk):
    await linked(desk)
    [first] = await entries(desk, 1, hours=Decimal("2.00"))
    await desk.do(EXPORT, **said(desk, first))
    document = """mutation ($input: LinkProjectToContractInput!) { linkProjectToContract(input: $input) {
      ... on LinkProjectToContractPayload { project { exportBatches { nodes { contractNumber } } } } } }"""
    link = {"projectId": desk.place.project.id, "contractId": desk.contract(2), "allowClientMismatch": True}

    relinked = await desk.do(document, **link)
    [second] = await entries(desk, 1)
    await desk.do(EXPORT, **said(desk, second, key="after"))

    assert relinked["project"]["exportBatches"]["nodes"] == [{"contractNumber": "CTR-1001"}]
    kept = await desk.sandbox.time_entries(desk.org)
    assert {each["hours"]: each["contractId"] for each in kept} == {"2.00": desk.contract(1), "1.50": desk.contract(2)}
