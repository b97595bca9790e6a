"""Many entries are approved or rejected at once, each with a verdict of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db.ledger.tables import OpState
from db.organizations import Role
from db.refusals import InvalidInput, ListTooLong
from db.time_entries.approvals import Verdict, approve, reject
from db.time_entries.tables import ApprovalStatus, TimeEntry
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database

PENDING, APPROVED, REJECTED = ApprovalStatus


def told(verdicts: list[Verdict]) -> list[str | bool]:
    return [verdict.refusal.code if verdict.refusal else verdict.changed for verdict in verdicts]


async def entries(database: Database, place: given.Workplace, *statuses: ApprovalStatus) -> list[TimeEntry]:
    made = [given.time_entry(place.project, place.users[Role.MEMBER], approval_status=status) for status in statuses]
    await given.stored(database, *made)
    return made


async def test_pending_is_approved_approved_is_left_and_rejected_is_refused_in_the_order_given(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    pending, approved, rejected = await entries(database, place, PENDING, APPROVED, REJECTED)
    [foreign] = await entries(database, elsewhere, PENDING)
    ids = [rejected.id, foreign.id, pending.id, "tme_0", approved.id, pending.id]

    verdicts = await does(database, place.viewer(Role.MANAGER), approve, ids, now=NOW)

    assert [verdict.entry_id for verdict in verdicts] == ids
    assert told(verdicts) == [
        "ENTRY_NOT_PENDING", "TIME_ENTRY_NOT_FOUND", True, "TIME_ENTRY_NOT_FOUND", False, False
    ]  # fmt: skip
    [stored] = await rows(database, place.org, TimeEntry, id=pending.id)
    assert (stored.approval_status, stored.approved_at) == (APPROVED, NOW)
    assert stored.approved_by_id == place.users[Role.MANAGER].id
    assert await kinds(database, place.org) == ["TIME_APPROVED"]


async def test_pending_and_approved_are_rejected_with_the_reason(database: Database):
    place = await given.workplace(database)
    pending, approved, rejected = await entries(database, place, PENDING, APPROVED, REJECTED)

    verdicts = await does(
        database, place.viewer(), reject, [pending.id, approved.id, rejected.id], "Wrong project", now=NOW
    )

    assert told(verdicts) == [True, True, False]
    stored = await rows(database, place.org, TimeEntry)
    assert {entry.approval_status for entry in stored} == {REJECTED}
    assert [entry.rejection_reason for entry in stored] == ["Wrong project", "Wrong project", None]


@pytest.mark.parametrize("state", OpState)
async def test_an_entry_is_not_rejected_while_the_psa_may_have_it(database: Database, state: OpState):
    place = await given.workplace(database)
    [entry] = await entries(database, place, APPROVED)
    await given.stored(database, given.export_op(entry, state))

    [verdict] = await does(database, place.viewer(), reject, [entry.id], None, now=NOW)

    free = state in (OpState.REJECTED, OpState.VOIDED)
    assert told([verdict]) == ([True] if free else ["ENTRY_LOCKED"])


async def test_a_member_gets_a_refusal_per_entry_and_a_manager_of_one_project_only_that_one(database: Database):
    place = await given.workplace(database)
    other = given.project(place.organization, place.users[Role.OWNER])
    theirs = given.time_entry(other, place.users[Role.OWNER], approval_status=PENDING)
    await given.stored(database, other, theirs)
    [own] = await entries(database, place, PENDING)

    by_member = await does(database, place.viewer(Role.MEMBER), approve, [own.id], now=NOW)
    by_manager = await does(database, place.viewer(Role.MANAGER), approve, [own.id, theirs.id], now=NOW)

    assert told(by_member) == ["FORBIDDEN"]
    assert told(by_manager) == [True, "FORBIDDEN"]


async def test_at_most_200_at_once_and_a_reason_of_sense(database: Database):
    place = await given.workplace(database)

    with pytest.raises(ListTooLong):
        await does(database, place.viewer(), approve, ["tme_0"] * 201, now=NOW)
    with pytest.raises(InvalidInput):
        await does(database, place.viewer(), reject, ["tme_0"], "x" * 10_001, now=NOW)


async def test_managers_deciding_on_the_same_entries_in_any_order_do_not_block_each_other(database: Database):
    place = await given.workplace(database)
    projects = [given.project(place.organization, place.users[Role.OWNER]) for _ in range(4)]
    made = [given.time_entry(each, place.users[Role.OWNER], approval_status=PENDING) for each in projects]
    await given.stored(database, *projects, *made)
    ids = [entry.id for entry in made]

    several = await asyncio.gather(
        *(does(database, place.viewer(), approve, order, now=NOW) for order in (ids, ids[::-1], ids, ids[::-1]))
    )

    assert sum(verdict.changed for verdicts in several for verdict in verdicts) == len(ids)
