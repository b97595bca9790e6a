"""What the states of a batch's lines add up to, and the two arms of a project's risk, with every answer spelled out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.exports.rules import Counts, batch_counts, batch_status, counted
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.tables import OpState
from db.milestones.rules import overdue as milestone_overdue
from db.milestones.tables import Milestone, MilestoneStatus
from db.organizations import Role
from db.projects.rules import active, at_risk, overdue
from db.projects.tables import Project, ProjectStatus
from tests import given
from tests.given import NOW, TODAY

if TYPE_CHECKING:
    from db.session import Database


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        (Counts(), "SUCCEEDED"),
        (Counts(pending=1, confirmed=1), "RUNNING"),
        (Counts(unknown=1, rejected=1), "RUNNING"),
        (Counts(confirmed=1), "SUCCEEDED"),
        (Counts(confirmed=1, rejected=1), "PARTIAL"),
        (Counts(voided=1, rejected=1), "PARTIAL"),
        (Counts(rejected=1), "FAILED"),
    ],
)
def test_a_batch_runs_until_all_is_final_and_then_says_how_much_went_well(counts: Counts, status: str):
    assert batch_status(counts).value == status


def test_lines_are_counted_by_the_states_of_their_ops():
    lines = {state: 10**place for place, state in enumerate(OpState)}

    counts = counted(lines)

    assert counts == Counts(
        pending=lines[OpState.PENDING] + lines[OpState.SENT], unknown=lines[OpState.UNKNOWN],
        confirmed=lines[OpState.CONFIRMED], rejected=lines[OpState.REJECTED], voided=lines[OpState.VOIDED],
    )  # fmt: skip
    assert (counts.total, counted({}), Counts().total) == (sum(lines.values()), Counts(0, 0, 0, 0, 0), 0)


async def test_a_batch_counts_its_own_lines_and_nobody_elses(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    await _batch(database, place, "exb_1", OpState.PENDING, OpState.SENT, OpState.UNKNOWN, OpState.CONFIRMED)
    await _batch(database, place, "exb_2", OpState.REJECTED)
    await _batch(database, elsewhere, "exb_1", OpState.VOIDED, OpState.VOIDED)

    async with database.read(None) as session:
        batches = [(place.org, "exb_1"), (place.org, "exb_2"), (elsewhere.org, "exb_1"), (elsewhere.org, "exb_2")]
        counts = [await batch_counts(session, *batch) for batch in batches]

    assert counts == [Counts(pending=2, unknown=1, confirmed=1), Counts(rejected=1), Counts(voided=2), Counts()]


@pytest.mark.parametrize("status", MilestoneStatus)
def test_a_milestone_is_overdue_from_the_day_after_it_was_due(status: MilestoneStatus):
    days = [None, TODAY - timedelta(days=1), TODAY]

    said = [milestone_overdue(Milestone(status=status, due_date=day), TODAY) for day in days]

    assert said == [False, status is not MilestoneStatus.COMPLETED, False]


@pytest.mark.parametrize(
    ("facts", "late", "verdicts"),
    [
        ({}, 0, (True, True, False)),
        ({"due_date": TODAY}, 0, (True, False, False)),
        ({"status": ProjectStatus.COMPLETED}, 1, (False, False, False)),
        ({"archived_at": NOW}, 1, (False, False, False)),
        ({"progress_percent": 100}, 1, (True, True, True)),
        ({"progress_percent": 0}, 0, (True, True, True)),
        ({"progress_percent": 0, "start_date": TODAY}, 0, (True, True, False)),
        ({"progress_percent": 0, "status": ProjectStatus.COMPLETED}, 0, (False, False, False)),
    ],
)
def test_a_project_is_active_overdue_and_at_risk(
    facts: dict[str, object], late: int, verdicts: tuple[bool, bool, bool]
):
    yesterday = TODAY - timedelta(days=1)
    stalled = {"status": ProjectStatus.ACTIVE, "due_date": yesterday, "start_date": yesterday, "progress_percent": 1}
    project = Project(**(stalled | facts))

    assert (active(project), overdue(project, TODAY), at_risk(project, TODAY, late)) == verdicts


async def _batch(database: Database, place: given.Workplace, batch_id: str, *states: OpState) -> None:
    """Store a batch with a line of every state; in every organisation the ops of a batch have the same ids."""
    batch = ExportBatch(
        org_id=place.org, id=batch_id, project_id=place.project.id, psa_contract_id="c", contract_number="C-1",
        requested_by_id="usr_1", requested_at=NOW, refused={},
    )  # fmt: skip
    await given.stored(database, batch)
    for position, state in enumerate(states):
        entry = given.time_entry(place.project, place.users[Role.MEMBER])
        op = given.export_op(entry, state, id=f"op_{batch_id}_{position}")
        line = ExportLine(
            org_id=place.org, id=f"exl_{batch_id}_{position}", batch_id=batch_id, position=position, op_id=op.id,
            time_entry_id=entry.id,
        )  # fmt: skip
        await given.stored(database, entry, op, line)
