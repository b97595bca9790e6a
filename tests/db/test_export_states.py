"""What each state of an entry's export means for the entry, word by word and on both sides of the language border."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.ledger.tables import OpKind, OpState
from db.organizations import Role
from db.time_entries.rules import (
    LOCKS,
    NEVER_SENT,
    OBSTACLES,
    billing_amount,
    counted,
    export_state,
    export_status,
    exportable,
    locked,
)
from db.time_entries.tables import ApprovalStatus, TimeEntry, TimeSource
from tests import given

if TYPE_CHECKING:
    from db.session import Database

# state of the newest export → status, and what locks the entry, which is also what stands between it and an export
MEANINGS = {
    None: ("NOT_EXPORTED", []),
    OpState.PENDING: ("IN_PROGRESS", ["EXPORT_IN_PROGRESS"]),
    OpState.SENT: ("IN_PROGRESS", ["EXPORT_IN_PROGRESS"]),
    OpState.CONFIRMED: ("EXPORTED", ["ALREADY_EXPORTED"]),
    OpState.REJECTED: ("FAILED", []),
    OpState.UNKNOWN: ("UNKNOWN", ["OUTCOME_UNKNOWN"]),
    OpState.VOIDED: ("VOIDED", []),
}


@pytest.mark.parametrize("state", MEANINGS)
async def test_an_exports_state_says_how_far_the_entry_is(database: Database, state: OpState | None):
    place = await given.workplace(database)
    entry = given.time_entry(place.project, place.users[Role.MEMBER])
    await given.stored(database, entry, *([] if state is None else [given.export_op(entry, state)]))

    async with database.read(place.org) as session:
        said = await session.scalar(select(export_status(export_state(TimeEntry))).where(TimeEntry.id == entry.id))

    assert said == MEANINGS[state][0]


@pytest.mark.parametrize("state", MEANINGS)
def test_an_exports_state_locks_the_entry_and_stands_in_the_way_of_another(state: OpState | None):
    export = NEVER_SENT if state is None else state.value
    entry = TimeEntry(
        approval_status=ApprovalStatus.APPROVED, billable=True, hours=Decimal(1), source=TimeSource.PROJECTS
    )

    locks = [lock.value for lock, rule in LOCKS.items() if rule(export)]
    obstacles = [obstacle.value for obstacle, rule in OBSTACLES.items() if rule(entry, export)]

    assert (locks, obstacles) == (MEANINGS[state][1], MEANINGS[state][1])
    assert (locked(export), exportable(entry, export)) == (bool(locks), not obstacles)


async def test_only_the_newest_export_of_its_own_time_counts(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    entry, other = (given.time_entry(place.project, place.users[Role.MEMBER]) for _ in range(2))
    stranger = given.time_entry(elsewhere.project, elsewhere.users[Role.MEMBER], id=entry.id)
    await given.stored(
        database, entry, other, stranger,
        given.export_op(entry, OpState.REJECTED, newest=False, external_ref="older"),
        given.export_op(entry, OpState.VOIDED, kind=OpKind.TICKET, external_ref="ticket"),
        given.export_op(other, OpState.CONFIRMED), given.export_op(stranger, OpState.UNKNOWN),
    )  # fmt: skip

    async with database.read(None) as session:
        its = TimeEntry.org_id == place.org, TimeEntry.id == entry.id
        said = await session.scalar(select(export_state(TimeEntry)).where(*its))

    assert said == NEVER_SENT


@pytest.mark.parametrize(
    ("facts", "amount"),
    [
        ({"billable": True, "billing_rate": Decimal("10.05")}, "15.08"),
        ({"billable": True, "billing_rate": None}, "0.00"),
        ({"billable": False, "billing_rate": Decimal("10.05")}, "0.00"),
    ],
)
def test_hours_are_worth_their_rate_where_they_are_billable(facts: dict[str, object], amount: str):
    assert str(billing_amount(TimeEntry(hours=Decimal("1.50"), **facts))) == amount


def test_rejected_hours_alone_cost_a_project_nothing():
    said = [status for status in ApprovalStatus if not counted(TimeEntry(approval_status=status))]

    assert said == [ApprovalStatus.REJECTED]
