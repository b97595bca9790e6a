"""A PSA that cannot be searched: one send, and what is in doubt waits for a person (reliability 2, kind C)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.settlements import PARKED
from db.ledger.tables import Attention, OpState
from tests.kinds import KINDS
from tests.outbox.checks import flaws
from tests.outbox.nodes import LATE, MINUTES, PACE, WHERE, Nodes
from tests.outbox.stage import set_stage, until
from tests.outbox.test_turns import COMMITTED_UNHEARD, NOT_COMMITTED, POST, named

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox


@pytest.fixture
async def stage(database: Database, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """Set the stage with a PSA that ignores what it is searched for."""
    stage = await set_stage(database, sandbox, **KINDS["C"])
    yield stage
    await sandbox.faults()
    await stage.close()


@pytest.mark.parametrize("fault", [*COMMITTED_UNHEARD, *NOT_COMMITTED], ids=named)
async def test_where_nothing_can_be_looked_up_an_unclear_answer_is_a_persons_to_settle(
    stage: Stage, fault: dict[str, Any]
):
    await stage.export(await stage.entries(2))
    await stage.sandbox.faults(fault | {"match": POST, "times": 1})

    await stage.settle(stage.outbox())

    doubtful, other = await stage.ops()
    assert (doubtful.state, doubtful.needs_attention) == (OpState.UNKNOWN, Attention.CANNOT_BE_LOOKED_UP)
    assert (doubtful.not_before, other.state) == (PARKED, OpState.CONFIRMED)
    assert len(await stage.calls("POST")) == 2
    assert await flaws(stage) == []


@pytest.mark.parametrize(("place", "jumps"), WHERE)
async def test_where_nothing_can_be_looked_up_no_clock_makes_a_second_send(
    nodes: Nodes, at: Any, place: str, jumps: tuple[float, ...]
):
    await nodes.export(LATE)
    at(place, lambda: nodes.hands.jump(jumps[0]))

    await nodes.both[0].turn()
    for jump in jumps[1:]:
        nodes.hands.jump(jump)
        await nodes.work()
    await nodes.work_for(2 * MINUTES + PACE.quarantine, step=30)
    await until(nodes.is_kept)

    assert await nodes.sent() == 1
    assert set(await nodes.stage.states()) <= {"CONFIRMED", "UNKNOWN"}
    assert await flaws(nodes.stage) == []
