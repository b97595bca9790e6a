"""The end of a process: what it has in hand is finished, what it has not begun is left to others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from resolvers.drains import Drain
from resolvers.workers import Worker
from tests.outbox.stage import until

if TYPE_CHECKING:
    from tests.outbox.stage import Stage


async def test_a_request_lets_go_of_what_it_has_not_begun(stage: Stage):
    requested = await stage.export(await stage.entries(3))
    await stage.sandbox.settings(latencyMs=100)
    outbox = stage.outbox()
    waiting = asyncio.create_task(outbox.run_for(stage.place.org, requested.op_ids, 60))

    await until(lambda: _posted(stage))
    outbox.leave()
    async with asyncio.timeout(10):
        await waiting

    assert sorted(await stage.states()) == ["CONFIRMED", "PENDING", "PENDING"]


async def test_a_worker_that_leaves_finishes_its_turn_and_takes_no_other(stage: Stage):
    await stage.export(await stage.entries(3))
    await stage.sandbox.settings(latencyMs=100)
    worker = Worker(stage.outbox())
    worker.start()

    await until(lambda: _posted(stage))
    worker.leave()
    await worker.stop(10)

    assert sorted(await stage.states()) == ["CONFIRMED", "PENDING", "PENDING"]


def test_the_end_begins_once_and_has_one_deadline():
    heard: list[str] = []
    drain = Drain(20)
    drain.then(lambda: heard.append("leave"))
    before = (drain.has_begun, drain.left())

    drain.begin()
    time.sleep(0.01)
    drain.begin()

    assert before == (False, 20)
    assert (drain.has_begun, heard) == (True, ["leave"])
    assert 0 < drain.left() < 20


async def _posted(stage: Stage) -> bool:
    return bool(await stage.calls("POST"))
