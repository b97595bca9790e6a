"""The demo shows every state there is, tells the same story every time, and the PSA beside it knows its part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from db.connections.commands import credentials
from db.contracts import ContractLink
from db.demo.counterparts import sandbox_seed
from db.demo.planting import ORG, DemoFacts, _northwind, plant
from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.milestones.rules import overdue_count
from db.organizations import Organization, User
from db.projects.rules import RISKS, RiskReason, active, overdue
from db.projects.tables import Project
from db.tasks.tables import Task, TaskStatus
from db.tickets import TicketLink
from db.time_entries.rules import OBSTACLES, Obstacle, export_state, exportable
from db.time_entries.tables import TimeEntry
from db.vaults import Vault
from tests import given
from tests.acting import does, rows
from tests.given import NOW, TODAY
from tests.psa_sandbox import running_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from db.session import Database

VAULT = Vault([Fernet.generate_key().decode()], "pepper")
URL = "http://127.0.0.1:8400"
LATE, STALLED = RiskReason.OVERDUE_MILESTONE, RiskReason.NO_PROGRESS_PAST_START
EXPECTED = {
    "healthy": (True, False, set()),
    "overdue": (True, True, set()),
    "late_milestone": (True, False, {LATE}),
    "stalled": (True, False, {STALLED}),
    "stalled_and_late": (True, True, {LATE, STALLED}),
    "on_hold": (True, False, set()),
    "planned": (True, False, set()),
    "completed": (False, False, set()),
    "archived": (False, False, set()),
    "starts_today": (True, False, set()),
    "due_today": (True, False, set()),
}


@pytest.fixture(scope="module")
async def planted(database: Database) -> tuple[DemoFacts, DemoFacts]:
    return await plant(database, today=TODAY, now=NOW, vault=VAULT, psa_url=URL)


async def test_every_project_is_in_the_state_it_was_planted_in(database: Database, planted: tuple[DemoFacts, ...]):
    late = overdue_count(Project, TODAY)
    risks = [rule(Project, TODAY, late) for rule in RISKS.values()]

    async with database.read(ORG) as session:
        found = await session.execute(select(Project.id, active(Project), overdue(Project, TODAY), *risks))
        judged = {row[0]: row[1:] for row in found}

    assert set(planted[0].projects) == set(EXPECTED)
    for state, ids in planted[0].projects.items():
        for project_id in ids:
            is_active, is_overdue, *holds = judged[project_id]
            reasons = {reason for reason, held in zip(RISKS, holds, strict=True) if held}
            assert (is_active, is_overdue, reasons) == EXPECTED[state], state


async def test_there_is_time_of_every_kind(database: Database, planted: tuple[DemoFacts, ...]):
    export = export_state(TimeEntry)
    counts = [func.count().filter(rule(TimeEntry, export)) for rule in OBSTACLES.values()]

    async with database.read(ORG) as session:
        found = await session.execute(
            select(func.count(), func.count().filter(exportable(TimeEntry, export)), *counts).select_from(TimeEntry)
        )
        entries, eligible, *obstructed = found.one()
        states = set(await session.scalars(select(OutboundOp.state).distinct()))

    assert planted[0].org_id == ORG
    assert entries == 3000
    assert eligible > 100
    told = dict(zip(OBSTACLES, obstructed, strict=True))
    assert {reason for reason, count in told.items() if count} == set(Obstacle) - {Obstacle.EXPORT_IN_PROGRESS}
    assert states == {OpState.CONFIRMED, OpState.REJECTED, OpState.UNKNOWN, OpState.VOIDED}


async def test_progress_is_what_its_tasks_say(database: Database, planted: tuple[DemoFacts, ...]):
    ground = planted[0].ground
    for project_id, tasks in ground.by_project(Task).items():
        [project] = [row for row in ground.all(Project) if row.id == project_id]
        done = sum(task.status is TaskStatus.DONE for task in tasks)
        assert project.progress_percent == 100 * done // len(tasks)
    assert len(await rows(database, ORG, Project)) == 60


async def test_every_link_and_every_exported_hour_has_its_counterpart(
    database: Database, planted: tuple[DemoFacts, ...]
):
    for facts in planted:
        seed = sandbox_seed(facts)
        contracts, tickets = ({each["id"] for each in seed[kind]} for kind in ("contracts", "tickets"))
        times = {each["externalRef"]: each for each in seed["timeEntries"]}

        ops = await rows(database, facts.org_id, OutboundOp, kind=OpKind.TIME)
        there = {op.external_ref: op for op in ops if op.state in (OpState.CONFIRMED, OpState.UNKNOWN)}

        assert {link.psa_contract_id for link in await rows(database, facts.org_id, ContractLink)} <= contracts
        assert {link.psa_ticket_id for link in await rows(database, facts.org_id, TicketLink)} <= tickets
        assert times.keys() == there.keys()
        for reference, op in there.items():
            assert op.remote_id in (times[reference]["id"], None)
            assert times[reference]["contractId"] in contracts
            assert times[reference]["hours"] == f"{op.hours:.2f}"


async def test_what_the_demo_exported_was_frozen_like_what_a_person_exports_now(
    database: Database, planted: tuple[DemoFacts, ...]
):
    async with database.read(ORG) as session:
        project_id = await session.scalar(
            select(TimeEntry.project_id)
            .join(ContractLink, ContractLink.project_id == TimeEntry.project_id)
            .where(ContractLink.unlinked_at.is_(None), exportable(TimeEntry, export_state(TimeEntry)))
        )
        exported = select(OutboundOp.payload).where(OutboundOp.kind == OpKind.TIME).limit(1)
        frozen = (await session.scalars(exported)).one()
    [owner] = await rows(database, ORG, User, id=planted[0].users["OWNER"][0])
    viewer = given.viewer(Organization(org_id=ORG), owner)

    asked = await does(
        database, viewer, request, project_id, None, policy=ExportPolicy.BEST_EFFORT, idempotency_key="k", now=NOW
    )

    [op] = await rows(database, ORG, OutboundOp, id=asked.op_ids[0])
    assert op.payload.keys() == frozen.keys()


async def test_the_connection_is_sealed_for_its_organisation(database: Database, planted: tuple[DemoFacts, ...]):
    for facts in planted:
        async with database.read(facts.org_id) as session:
            found = await credentials(session, facts.org_id, VAULT)

        assert found == (facts.org_id, URL, facts.integration_key)


async def test_the_sandbox_takes_the_seed(planted: tuple[DemoFacts, ...], tmp_path: Path):
    async with running_sandbox(tmp_path) as sandbox:
        taken = await sandbox.control("POST", "seed", sandbox_seed(planted[0]))

        assert len(taken["contracts"]) == 40
        assert len(taken["tickets"]) == 400
        assert len(await sandbox.time_entries(ORG)) == len(planted[0].remote.time_entries)


async def test_the_same_day_and_moment_tell_the_same_story(planted: tuple[DemoFacts, ...]):
    again = _northwind(TODAY, NOW)

    for table, story in again.ground.rows.items():
        assert story == planted[0].ground.rows[table]
    assert sandbox_seed(again) == sandbox_seed(planted[0])
