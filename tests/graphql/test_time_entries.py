"""Logging, correcting and deciding on time, as clients see it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.tables import OpState
from db.organizations import Role
from db.time_entries.tables import ApprovalStatus, TimeEntry
from tests import given
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from tests.asking import Desk

ERROR = "... on ProjectsError { code message }"
LOCKED = "... on EntryLockedError { reasons }"
LOG = f"""mutation ($input: LogTimeInput!) {{ logTime(input: $input) {{
  ... on LogTimePayload {{ replayed timeEntry {{
    id hours date billingRate billingAmount billable approvalStatus description user {{ id }} task {{ id }} revision
  }} }}
  {ERROR} }} }}"""
UPDATE = f"""mutation ($input: UpdateTimeEntryInput!) {{ updateTimeEntry(input: $input) {{
  ... on UpdateTimeEntryPayload {{ timeEntry {{ hours billingRate task {{ id }} approvalStatus revision }} }}
  {ERROR} {LOCKED} }} }}"""
DELETE = f"""mutation ($input: DeleteTimeEntryInput!) {{ deleteTimeEntry(input: $input) {{
  ... on DeleteTimeEntryPayload {{ deletedId project {{ hoursLogged }} }} {ERROR} {LOCKED} }} }}"""
RESULTS = f"""results {{ timeEntryId changed timeEntry {{ approvalStatus rejectionReason }}
  error {{ __typename code {LOCKED} }} }}"""
APPROVE = f"""mutation ($input: ApproveTimeEntriesInput!) {{ approveTimeEntries(input: $input) {{
  ... on ApproveTimeEntriesPayload {{ {RESULTS} }} {ERROR} }} }}"""
REJECT = f"""mutation ($input: RejectTimeEntriesInput!) {{ rejectTimeEntries(input: $input) {{
  ... on RejectTimeEntriesPayload {{ {RESULTS} }} {ERROR} }} }}"""


async def entry(desk: Desk, **facts: Any) -> TimeEntry:
    made = given.time_entry(desk.place.project, desk.place.users[Role.MEMBER], **facts)
    await given.stored(desk.database, made)
    return made


async def test_time_is_logged_for_today_at_the_projects_rate(database: Any, sandbox: Any):
    desk = await open_desk(database, sandbox, billing_rate=Decimal("90.00"))
    task = given.task(desk.place.project)
    await given.stored(database, task)

    logged = await desk.do(LOG, Role.MEMBER, projectId=desk.place.project.id, hours="1.25", taskId=task.id)

    assert logged["timeEntry"].pop("id").startswith("tme_")
    assert logged["timeEntry"] == {
        "hours": "1.25", "date": "2026-03-02", "billingRate": "90.00", "billingAmount": "112.50", "billable": True,
        "approvalStatus": "PENDING", "description": "", "user": {"id": desk.place.users[Role.MEMBER].id},
        "task": {"id": task.id}, "revision": 1,
    }  # fmt: skip
    await desk.leave()


async def test_a_key_logs_an_hour_once(desk: Desk):
    said = {"projectId": desk.place.project.id, "hours": "1.00", "idempotencyKey": "k"}
    first = await desk.do(LOG, **said)

    again = await desk.do(LOG, **said)
    otherwise_written = await desk.do(LOG, **(said | {"hours": "1"}))
    by_another = await desk.do(LOG, Role.MEMBER, **said)

    assert (again["replayed"], again["timeEntry"]["id"]) == (True, first["timeEntry"]["id"])
    assert otherwise_written == again
    assert by_another["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await rows(desk.database, desk.org, TimeEntry)) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"hours": "24.01"}, "INVALID_INPUT"),
        ({"hours": "0.001"}, "INVALID_INPUT"),
        ({"taskId": "tsk_nowhere"}, "TASK_NOT_FOUND"),
        ({"milestoneId": "mst_nowhere"}, "MILESTONE_NOT_FOUND"),
        ({"userId": "usr_nowhere"}, "USER_NOT_FOUND"),
        ({"projectId": "prj_nowhere"}, "PROJECT_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_time_is_refused(desk: Desk, said: dict[str, str], code: str):
    refused = await desk.do(LOG, **({"projectId": desk.place.project.id, "hours": "1"} | said))

    assert refused["code"] == code
    assert await rows(desk.database, desk.org, TimeEntry) == []


async def test_members_log_their_own_time_and_viewers_none(desk: Desk):
    said = {"projectId": desk.place.project.id, "hours": "1"}

    for_another = await desk.do(LOG, Role.MEMBER, **said, userId=desk.place.users[Role.MANAGER].id)
    by_a_viewer = await desk.do(LOG, Role.VIEWER, **said)

    assert (for_another["code"], by_a_viewer["code"]) == ("FORBIDDEN", "FORBIDDEN")


async def test_a_correction_asks_for_approval_again(desk: Desk):
    approved = await entry(desk, approval_status=ApprovalStatus.APPROVED)

    corrected = await desk.do(UPDATE, Role.MEMBER, timeEntryId=approved.id, hours="2.00", billingRate=None)

    assert corrected["timeEntry"] == {
        "hours": "2.00", "billingRate": None, "task": None, "approvalStatus": "PENDING", "revision": 2,
    }  # fmt: skip


async def test_exported_time_is_locked(desk: Desk):
    exported = await entry(desk)
    await given.stored(desk.database, given.export_op(exported, OpState.CONFIRMED))

    updated = await desk.do(UPDATE, timeEntryId=exported.id, hours="2.00")
    deleted = await desk.do(DELETE, timeEntryId=exported.id)
    rejected = await desk.do(REJECT, timeEntryIds=[exported.id])

    assert updated["code"] == deleted["code"] == "ENTRY_LOCKED"
    assert updated["reasons"] == ["ALREADY_EXPORTED"]
    assert rejected["results"][0]["error"] == {
        "__typename": "EntryLockedError", "code": "ENTRY_LOCKED", "reasons": ["ALREADY_EXPORTED"],
    }  # fmt: skip


async def test_time_is_deleted_by_its_worker_and_by_nobody_of_less_rank(desk: Desk):
    mine = await entry(desk)

    forbidden = await desk.do(DELETE, Role.VIEWER, timeEntryId=mine.id)
    deleted = await desk.do(DELETE, Role.MEMBER, timeEntryId=mine.id)
    again = await desk.do(DELETE, Role.MEMBER, timeEntryId=mine.id)

    assert (forbidden["code"], again["code"]) == ("FORBIDDEN", "TIME_ENTRY_NOT_FOUND")
    assert deleted == {"deletedId": mine.id, "project": {"hoursLogged": "0.00"}}


@pytest.mark.parametrize(("document", "said"), [(UPDATE, {"hours": "1"}), (DELETE, {})])
async def test_an_unknown_entry_and_another_organisations_get_the_same_answer(
    desk: Desk, document: str, said: dict[str, str]
):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = await entry(other)

    unknown = await desk.do(document, timeEntryId="tme_nowhere", **said)
    hidden = await desk.do(document, timeEntryId=foreign.id, **said)

    assert hidden == {**unknown, "message": unknown["message"].replace("tme_nowhere", foreign.id)}
    assert unknown["code"] == "TIME_ENTRY_NOT_FOUND"
    await other.leave()


async def test_many_entries_are_decided_on_each_for_itself(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    pending, approved, rejected = [await entry(desk, approval_status=status) for status in ApprovalStatus]
    foreign = await entry(other, approval_status=ApprovalStatus.PENDING)
    ids = [pending.id, approved.id, rejected.id, foreign.id, "tme_nowhere"]

    decided = await desk.do(APPROVE, Role.MANAGER, timeEntryIds=ids)

    results = decided["results"]
    assert [result["timeEntryId"] for result in results] == ids
    assert [result["changed"] for result in results] == [True, False, False, False, False]
    assert [result["error"] and result["error"]["code"] for result in results] == [
        None, None, "ENTRY_NOT_PENDING", "TIME_ENTRY_NOT_FOUND", "TIME_ENTRY_NOT_FOUND",
    ]  # fmt: skip
    assert [result["timeEntry"] and result["timeEntry"]["approvalStatus"] for result in results] == [
        "APPROVED", "APPROVED", "REJECTED", None, None,
    ]  # fmt: skip
    await other.leave()


async def test_entries_are_rejected_with_a_reason(desk: Desk):
    approved = await entry(desk)

    decided = await desk.do(REJECT, Role.MANAGER, timeEntryIds=[approved.id], reason="Too long")

    assert decided["results"][0]["timeEntry"] == {"approvalStatus": "REJECTED", "rejectionReason": "Too long"}


@pytest.mark.parametrize("document", [APPROVE, REJECT])
async def test_members_decide_on_nothing_and_lists_have_an_end(desk: Desk, document: str):
    pending = await entry(desk, approval_status=ApprovalStatus.PENDING)

    by_a_member = await desk.do(document, Role.MEMBER, timeEntryIds=[pending.id])
    too_many = await desk.do(document, timeEntryIds=[f"tme_{number}" for number in range(201)])

    assert by_a_member["results"][0]["error"]["code"] == "FORBIDDEN"
    assert too_many["code"] == "LIST_TOO_LONG"


async def test_the_entries_of_a_payload_cost_one_statement_however_many(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    few = [(await entry(desk)).id for _ in range(2)]
    many = [(await entry(desk)).id for _ in range(20)]
    fetched: list[str] = []
    fetch = desk.database.reader.fetch

    async def counted(sql: str, arguments: Any) -> Any:
        fetched.append(sql)
        return await fetch(sql, arguments)

    monkeypatch.setattr(desk.database.reader, "fetch", counted)

    await desk.do(APPROVE, timeEntryIds=few)
    first = len(fetched)
    await desk.do(APPROVE, timeEntryIds=many)

    assert (first, len(fetched)) == (1, 2)
