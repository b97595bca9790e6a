"""Every rule says the same of a row in Python and in SQL, reason by reason, over every combination of its facts."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import literal, select

from db.ledger.tables import OpState, OutboundOp
from db.milestones.rules import overdue as milestone_overdue
from db.milestones.rules import overdue_count
from db.milestones.tables import Milestone, MilestoneStatus
from db.projects.rules import RISKS, RiskReason, active, at_risk, overdue
from db.projects.tables import Project, ProjectStatus
from db.rules import before, every, known, never, some
from db.time_entries.rules import (
    LOCKS,
    NEVER_SENT,
    OBSTACLES,
    Obstacle,
    billing_amount,
    billing_cents,
    counted,
    export_state,
    exportable,
    locked,
)
from db.time_entries.tables import ApprovalStatus, TimeEntry, TimeSource
from tests import given
from tests.given import NOW, TODAY

if TYPE_CHECKING:
    from db.session import Database

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
DAYS = [None, YESTERDAY, TODAY, TOMORROW]


async def verdicts(database: Database, org: str, table: Any, rules: dict[str, Any]) -> dict[str, dict[str, Any]]:
    async with database.read(org) as session:
        found = await session.execute(select(table.id, *(rule.label(name) for name, rule in rules.items())))
        return {row.id: dict(row._mapping) for row in found}


async def test_projects_are_judged_alike_in_python_and_in_sql(database: Database):
    place = await given.workplace(database)
    owner = place.users[given.Role.OWNER]
    facts = itertools.product(ProjectStatus, [None, NOW], DAYS, DAYS, [0, 1], [[], [TOMORROW], [YESTERDAY, YESTERDAY]])
    projects, milestones = [], []
    for status, archived_at, start, due, progress, dues in facts:
        project = given.project(
            place.organization, owner, status=status, archived_at=archived_at, start_date=start, due_date=due,
            progress_percent=progress,
        )  # fmt: skip
        projects.append((project, sum(day < TODAY for day in dues)))
        milestones += [given.milestone(project, due_date=day) for day in dues]
    async with database.write(place.org) as session:
        session.add_all([project for project, _ in projects])
        await session.flush()
        session.add_all(milestones)

    late = overdue_count(Project, TODAY)
    risks = {reason: rule(Project, TODAY, late) for reason, rule in RISKS.items()}
    others = {"active": active(Project), "overdue": overdue(Project, TODAY), "at_risk": at_risk(Project, TODAY, late)}
    in_sql = await verdicts(database, place.org, Project, risks | others)

    for project, count in projects:
        python = {reason: rule(project, TODAY, count) for reason, rule in RISKS.items()} | {
            "active": active(project), "overdue": overdue(project, TODAY), "at_risk": at_risk(project, TODAY, count)
        }  # fmt: skip
        assert {**in_sql[project.id], "id": None} == {**python, "id": None}
    for name in risks | others:
        assert {bool(row[name]) for row in in_sql.values()} == {True, False}


async def test_milestones_are_judged_alike_in_python_and_in_sql(database: Database):
    place = await given.workplace(database)
    milestones = [
        given.milestone(place.project, status=status, due_date=due)
        for status, due in itertools.product(MilestoneStatus, DAYS)
    ]
    await given.stored(database, *milestones)

    in_sql = await verdicts(database, place.org, Milestone, {"overdue": milestone_overdue(Milestone, TODAY)})

    for milestone in milestones:
        assert in_sql[milestone.id]["overdue"] == milestone_overdue(milestone, TODAY)
    assert sum(row["overdue"] for row in in_sql.values()) == 2


def _every_entry(place: given.Workplace) -> tuple[list[tuple[TimeEntry, str]], list[OutboundOp]]:
    hours, rates = (
        [Decimal(0), Decimal("0.01"), Decimal("1.25")],
        [None, Decimal(0), Decimal("33.33"), Decimal("0.50"), Decimal("0.49")],
    )
    facts = itertools.product(ApprovalStatus, [True, False], hours, TimeSource, [None, *OpState], rates)
    entries, ops = [], []
    for approval, billable, worked, source, state, rate in facts:
        entry = given.time_entry(
            place.project, place.users[given.Role.MEMBER], approval_status=approval, billable=billable,
            hours=worked, source=source, billing_rate=rate,
        )  # fmt: skip
        entries.append((entry, NEVER_SENT if state is None else state.value))
        if state is not None:
            ops.append(given.export_op(entry, state))
    return entries, ops


async def test_time_entries_are_judged_alike_in_python_and_in_sql(database: Database):
    place = await given.workplace(database)
    entries, ops = _every_entry(place)
    async with database.write(place.org) as session:
        session.add_all([entry for entry, _ in entries])
        session.add_all(ops)

    export = export_state(TimeEntry)
    obstacles = {f"obstacle_{reason}": rule(TimeEntry, export) for reason, rule in OBSTACLES.items()}
    locks = {f"lock_{reason}": rule(export) for reason, rule in LOCKS.items()}
    others = {
        "exportable": exportable(TimeEntry, export), "locked": locked(export), "counted": counted(TimeEntry),
        "cents": billing_cents(TimeEntry),
    }  # fmt: skip
    in_sql = await verdicts(database, place.org, TimeEntry, obstacles | locks | others)

    for entry, state in entries:
        python = (
            {f"obstacle_{reason}": rule(entry, state) for reason, rule in OBSTACLES.items()}
            | {f"lock_{reason}": rule(state) for reason, rule in LOCKS.items()}
            | {"exportable": exportable(entry, state), "locked": locked(state), "counted": counted(entry)}
        )
        assert in_sql[entry.id] == python | {"id": entry.id, "cents": int(billing_amount(entry) * 100)}
    for name in obstacles | locks:
        assert {bool(row[name]) for row in in_sql.values()} == {True, False}


@pytest.mark.parametrize(
    ("hours", "rate", "amount"),
    [("0.50", "0.01", "0.01"), ("0.49", "0.01", "0.00"), ("1.25", "33.33", "41.66"), ("24.00", "999.99", "23999.76")],
)
def test_amounts_are_rounded_half_up(hours: str, rate: str, amount: str):
    entry = TimeEntry(hours=Decimal(hours), billing_rate=Decimal(rate), billable=True)

    assert billing_amount(entry) == Decimal(amount)


def test_a_good_entry_has_no_obstacle_and_each_fault_has_its_own():
    good = {
        "approval_status": ApprovalStatus.APPROVED, "billable": True, "hours": Decimal(1), "source": TimeSource.PROJECTS
    }  # fmt: skip
    faults = {
        Obstacle.NOT_APPROVED: {"approval_status": ApprovalStatus.PENDING},
        Obstacle.NOT_BILLABLE: {"billable": False},
        Obstacle.ZERO_HOURS: {"hours": Decimal(0)},
        Obstacle.ORIGINATED_IN_PSA: {"source": TimeSource.PSA},
    }

    def obstacles(**facts: Any) -> list[Obstacle]:
        entry = TimeEntry(**(good | facts))
        return [reason for reason, rule in OBSTACLES.items() if rule(entry, NEVER_SENT)]

    assert obstacles() == []
    for reason, fault in faults.items():
        assert obstacles(**fault) == [reason]


def test_zero_progress_is_a_risk_from_the_day_after_the_start():
    rule = RISKS[RiskReason.NO_PROGRESS_PAST_START]

    def stalled(start: Any) -> bool:
        return rule(Project(status=ProjectStatus.ACTIVE, progress_percent=0, start_date=start), TODAY, 0)

    assert [stalled(day) for day in DAYS] == [False, True, False, False]


async def test_the_words_of_rules_mean_the_same_in_both_languages(database: Database):
    values = list(itertools.product([True, False], repeat=2))
    words = [every, some, never]

    async with database.read(None) as session:
        in_sql = [
            await session.scalar(select(word(literal(left), literal(right))))
            for word in words
            for left, right in values
        ]

    assert [bool(answer) for answer in in_sql] == [word(left, right) for word in words for left, right in values]
    assert (known(None), known(0), before(None, TODAY), before(TODAY, TODAY)) == (False, True, False, False)
