"""A node with nothing to do: it looks once a moment, takes no lock, and misses nothing that becomes ready."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from db.ledger.claims import rest
from db.ledger.tables import OpState
from resolvers.workers import Worker
from tests.outbox.checks import counted
from tests.outbox.stage import HASTY, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psa.port import Psa
    from resolvers.outbox.outboxes import Outbox
    from tests.outbox.stage import Stage

OFTEN = replace(HASTY, poll_interval=0.02, lanes=2)
LOOKS = 10


async def test_an_idle_node_only_looks(stage: Stage):
    outbox = stage.outbox(OFTEN)

    async with _resting(outbox):
        with counted() as spent:
            await until(lambda: _looked(spent, LOOKS))

    assert all(said.startswith("SELECT") and "FOR UPDATE" not in said for said, _ in spent["calls"])
    assert spent["commits"] == []


async def test_what_nobody_rang_for_is_found(stage: Stage):
    async with _resting(stage.outbox(OFTEN)):
        await stage.export(await stage.entries(2))
        await stage.until_done(10)

    assert await stage.states() == ["CONFIRMED"] * 2


async def test_a_lane_that_rests_takes_what_becomes_ready_while_another_is_held_up(stage: Stage):
    outbox, held_up, goes_on = stage.outbox(replace(OFTEN, lease=30.0)), asyncio.Event(), asyncio.Event()

    async def psa_for(org_id: str) -> Psa:
        if not held_up.is_set():
            held_up.set()
            await goes_on.wait()
        return await stage.psa_for(org_id)

    outbox.psa_for = psa_for
    async with _resting(outbox):
        slow = await stage.export_under(1, lines=1)
        await held_up.wait()
        quick = await stage.export_under(2, lines=1)
        await until(lambda: _is(stage, quick.op_ids[0], OpState.CONFIRMED))
        goes_on.set()
        await until(lambda: _is(stage, slow.op_ids[0], OpState.CONFIRMED))

    assert len(await stage.kept()) == 2


async def test_an_export_that_rests_is_not_looked_into(stage: Stage):
    await stage.export(await stage.entries(1))
    async with stage.database.write(stage.place.org) as session:
        await rest(session, stage.place.org, datetime.now(UTC) + timedelta(minutes=1))

    async with _resting(stage.outbox(OFTEN)):
        with counted() as spent:
            await until(lambda: _looked(spent, LOOKS))

    assert spent["commits"] == []
    assert await stage.states() == ["PENDING"]


async def _looked(spent: dict[str, list[Any]], times: int) -> bool:
    return sum("outbound_ops" in said for said, _ in spent["calls"]) >= times


async def _is(stage: Stage, op_id: str, state: OpState) -> bool:
    return any(op.id == op_id and op.state is state for op in await stage.ops())


@asynccontextmanager
async def _resting(outbox: Outbox) -> AsyncIterator[None]:
    """Start a worker, and go on once its lanes have found nothing."""
    worker = Worker(outbox)
    worker.start()

    async def rests() -> bool:
        return len(worker._resting) == outbox.settings.lanes + 1

    await until(rests)
    try:
        yield
    finally:
        await worker.stop()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite's plans ask for no statistics
async def test_a_ledger_that_has_grown_is_looked_at_before_it_is_claimed_from_for_long(stage: Stage):
    await _is_left_to_us(stage)
    for number in range(3):
        await stage.export_under(number, lines=200)
    outbox = stage.outbox(OFTEN)

    await until(lambda: _is_unknown(outbox), 60)  # a session that rests tells of its rows after ten seconds
    await outbox.survey()

    assert not (await outbox.dues()).is_unknown


async def _is_unknown(outbox: Outbox) -> bool:
    return (await outbox.dues()).is_unknown


async def _is_left_to_us(stage: Stage) -> None:
    """Keep PostgreSQL from looking at the ledger itself, should its minute be over just now."""
    async with stage.database.write(stage.place.org) as session:
        await session.execute(text("ALTER TABLE outbound_ops SET (autovacuum_enabled = false)"))
