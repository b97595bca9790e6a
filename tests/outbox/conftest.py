"""What tests of the outbox may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from db.exports.tables import ExportLine
from db.ledger.tables import INCARNATION, OutboundAttempt, OutboundOp, OutboundSender
from resolvers.outbox import turns
from tests.outbox.nodes import Nodes
from tests.outbox.stage import Stage, set_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from tests.psa_sandbox import Sandbox


@pytest.fixture
async def stage(database: Database, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """Set the stage with a tenant of its own; what a test scripts is forgotten after it."""
    stage = await set_stage(database, sandbox)
    yield stage
    await sandbox.faults()
    await stage.close()


@pytest.fixture
async def alone(stage: Stage) -> AsyncIterator[None]:
    """Leave nothing behind: a recovery is about the whole database."""
    yield
    async with stage.database.write(None) as session:
        for table in (ExportLine, OutboundAttempt, OutboundOp, OutboundSender, INCARNATION):
            await session.execute(delete(table))


@pytest.fixture
async def nodes(stage: Stage) -> Nodes:
    """Let two nodes run."""
    nodes = Nodes(stage)
    await nodes.start()
    return nodes


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Do something at a place of the next turn that passes it."""

    def script(place: str, deed: Any) -> None:
        deeds = [deed]

        def reached(name: str) -> None:
            if deeds and name == f"export.{place}":
                deeds.pop()()

        monkeypatch.setattr(turns, "reached", reached)

    return script
