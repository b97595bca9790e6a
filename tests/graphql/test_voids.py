"""Taking an exported line back, as clients see it: reason, refusals, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from tests.acting import kinds
from tests.asking import open_desk
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from db.time_entries.tables import TimeEntry
    from tests.asking import Desk

VOID = """mutation ($input: VoidExportInput!) { voidExport(input: $input) {
  __typename
  ... on VoidExportPayload {
    replayed
    exportLine { id state psaTimeEntryId void { state reason errorCode requestedAt finishedAt } }
    timeEntry { exportStatus lockReasons }
  }
  ... on LineNotExportedError { state }
  ... on ProjectsError { code message retryable hint }
} }"""
LINES = """{ timeEntries(first: 100) { nodes { id exportLines {
  id state externalRef revision hours psaTimeEntryId nextLookupAt
  void { state reason requestedAt finishedAt errorCode errorMessage }
} } } }"""
EDIT = """mutation ($input: UpdateTimeEntryInput!) { updateTimeEntry(input: $input) {
  __typename ... on UpdateTimeEntryPayload { timeEntry { revision } } ... on ProjectsError { code }
} }"""
APPROVE = """mutation ($input: ApproveTimeEntriesInput!) { approveTimeEntries(input: $input) { __typename } }"""
DELETE = {"method": "DELETE"}


async def exported(desk: Desk) -> TimeEntry:
    await linked(desk)
    [entry] = await entries(desk, 1)
    await desk.do(EXPORT, **said(desk, entry))
    return entry


async def lines(desk: Desk, entry: TimeEntry) -> list[dict[str, Any]]:
    """An entry's lines, newest first."""
    nodes = (await desk.ask(LINES))["nodes"]
    return next(node["exportLines"] for node in nodes if node["id"] == entry.id)


def wish(line: dict[str, Any], key: str = "void", reason: str = "Wrong client") -> dict[str, Any]:
    return {"exportLineId": line["id"], "reason": reason, "idempotencyKey": key}


async def test_a_void_frees_the_entry_and_says_why_it_was(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)

    answer = await desk.do(VOID, Role.MANAGER, **wish(line))

    assert answer["exportLine"]["state"] == "VOIDED"
    assert answer["exportLine"]["psaTimeEntryId"] == line["psaTimeEntryId"]
    void = answer["exportLine"]["void"]
    assert (void["state"], void["reason"], void["errorCode"]) == ("CONFIRMED", "Wrong client", None)
    assert void["requestedAt"] is not None
    assert void["finishedAt"] is not None
    assert answer["timeEntry"] == {"exportStatus": "VOIDED", "lockReasons": []}
    assert await desk.sandbox.time_entries(desk.org) == []
    assert (await kinds(desk.database, desk.org))[-2:] == ["VOID_REQUESTED", "EXPORT_VOIDED"]


async def test_what_was_corrected_goes_out_as_the_next_revision_and_the_old_line_stays(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    locked = await desk.do(EDIT, timeEntryId=entry.id, hours="2.00")
    await desk.do(VOID, **wish(line))
    before = (await lines(desk, entry))[0]

    edited = await desk.do(EDIT, timeEntryId=entry.id, hours="2.00")
    await desk.do(APPROVE, timeEntryIds=[entry.id])
    await desk.do(EXPORT, **said(desk, entry, key="again"))

    new, old = await lines(desk, entry)
    assert locked["code"] == "ENTRY_LOCKED"
    assert old == before
    assert (edited["timeEntry"]["revision"], new["revision"], old["revision"]) == (2, 2, 1)
    assert (new["state"], new["hours"], old["state"], old["hours"]) == ("CONFIRMED", "2.00", "VOIDED", "1.50")
    assert (old["externalRef"][-2:], new["externalRef"][-2:]) == (":1", ":2")
    (kept,) = await desk.sandbox.time_entries(desk.org)
    assert (kept["hours"], kept["id"]) == ("2.00", new["psaTimeEntryId"])


async def test_what_the_psa_has_invoiced_stays_exported(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    await desk.sandbox.invoice(tenant=desk.org)

    refused = await desk.do(VOID, **wish(line))
    again = await desk.do(VOID, **wish(line))

    assert (refused["__typename"], refused["code"]) == ("PsaEntryInvoicedError", "PSA_ENTRY_INVOICED")
    assert again == refused
    [kept] = await lines(desk, entry)
    assert (kept["state"], kept["void"]["errorCode"]) == ("CONFIRMED", "PSA_ENTRY_INVOICED")
    assert len(await desk.calls("DELETE")) == 1


async def test_another_refusal_of_the_psa_is_told_in_its_words(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    await desk.sandbox.faults({"do": "status", "status": 422, "match": DELETE, "times": 1})

    refused = await desk.do(VOID, **wish(line))
    later = await desk.do(VOID, **wish(line, key="later"))

    assert refused["code"] == "PSA_REJECTED"
    assert later["exportLine"]["state"] == "VOIDED"


async def test_a_lost_answer_is_asked_for_again_and_one_entry_is_removed(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    await desk.sandbox.faults({"do": "drop_after_commit", "match": DELETE, "times": 1})

    answer = await desk.do(VOID, **wish(line))

    assert answer["exportLine"]["state"] == "VOIDED"
    assert await desk.sandbox.time_entries(desk.org) == []


async def test_a_void_that_must_wait_says_so_and_a_second_wish_joins_it(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    await desk.sandbox.faults({"do": "rate_limit", "retryAfter": 23, "match": DELETE, "times": 1})

    answer = await desk.do(VOID, **wish(line))
    joined = await desk.do(VOID, **wish(line, key="other"))

    shown = answer["exportLine"]
    assert (shown["state"], shown["void"]["state"], shown["void"]["errorCode"]) == (
        "CONFIRMED", "PENDING", "PSA_RATE_LIMITED",
    )  # fmt: skip
    assert answer["timeEntry"]["lockReasons"] == ["ALREADY_EXPORTED"]
    assert (joined["exportLine"], joined["replayed"]) == (shown, False)
    assert len(await desk.calls("DELETE")) == 1


async def test_only_what_is_exported_can_be_taken_back(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    await desk.do(VOID, **wish(line))

    refused = await desk.do(VOID, **wish(line, key="twice"))

    assert (refused["code"], refused["state"]) == ("LINE_NOT_EXPORTED", "VOIDED")


async def test_who_may_not_export_takes_nothing_back_and_strangers_see_no_line(desk: Desk):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    other = await open_desk(desk.database, desk.sandbox)

    mine = await desk.do(VOID, Role.MEMBER, **wish(line))
    unknown = await desk.do(VOID, **wish({"id": "exl_nowhere"}))
    hidden = await other.do(VOID, **wish(line))

    assert mine["code"] == "FORBIDDEN"
    assert unknown["code"] == "EXPORT_LINE_NOT_FOUND"
    assert hidden == unknown | {"message": unknown["message"].replace("exl_nowhere", line["id"])}
    assert await desk.calls("DELETE") == []
    await other.leave()


@pytest.mark.parametrize(("more", "field"), [({"reason": " "}, "reason"), ({"idempotencyKey": " "}, "idempotencyKey")])
async def test_a_void_has_a_reason_and_a_key(desk: Desk, more: dict[str, Any], field: str):
    entry = await exported(desk)
    [line] = await lines(desk, entry)
    document = VOID.replace("... on Lin", "... on InvalidInputError { problems { field } } ... on Lin")

    refused = await desk.do(document, **(wish(line) | more))

    assert [problem["field"] for problem in refused["problems"]] == [field]
