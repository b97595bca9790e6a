"""A sandbox and a road to it, for the tests of the psa room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from psa.connections import PsaConnections
from psa.port import NewTicket, NewTime
from psa.reach import Clock, Reach
from tests.psa_sandbox import Sandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from psa.port import Psa

# Patience short enough for tests; nothing on loopback needs more.
QUICK = Reach(allow_private=True, read_seconds=1.0, write_seconds=0.8, queue_seconds=0.3)

HOUR = NewTime(
    external_ref="projects:org_acme:tme_1:1",
    contract_id="k-1",
    user_id="usr_ann",
    user_email="ann@acme.example",
    date=date(2026, 11, 20),
    hours=Decimal("1.50"),
    note="Moved the mailboxes",
    rate=Decimal("120.00"),
    amount=Decimal("180.00"),
    ticket_id=None,
    project_number="PRJ-000001",
)
ESCALATION = NewTicket(
    external_ref="projects:org_acme:esc_1:1",
    subject="Mail flow stopped",
    description="The connector refuses every message.",
    priority="HIGH",
    client_id="c-1",
    contract_id="k-1",
    project_number="PRJ-000001",
    task_id="tsk_1",
    task_url="https://projects.example/tasks/tsk_1",
)


def hour(number: int) -> NewTime:
    """An hour with a reference of its own."""
    return replace(HOUR, external_ref=f"projects:org_acme:tme_{number}:1")


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with running_sandbox(tmp_path) as running:
        await running.seed()
        yield running


@pytest.fixture
async def connections() -> AsyncIterator[PsaConnections]:
    owner = PsaConnections(QUICK, Clock())
    yield owner
    await owner.close()


@pytest.fixture
async def psa(sandbox: Sandbox, connections: PsaConnections) -> Psa:
    return connections.psa_for("org_acme", sandbox.credentials())
