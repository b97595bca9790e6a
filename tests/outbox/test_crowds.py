"""Many at once: workers, requests, contracts, organisations (reliability 3.2, 5, 7)."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from resolvers.outbox.settings import OutboxSettings
from resolvers.workers import Worker
from tests.kinds import ENDS, NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.stage import set_stage, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from psa.port import Psa
    from resolvers.outbox.outboxes import Outbox
    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox

POST = {"method": "POST", "path": "/api/time-entries"}


async def test_four_workers_send_each_line_of_five_contracts_once_and_none_overlap_in_a_contract(stage: Stage):
    for number in range(2, 7):
        await stage.export_under(number, lines=6)
    outboxes = [stage.outbox() for _ in range(4)]

    async with _working(*outboxes):
        await stage.until_done()

    most = await stage.sandbox.most_in_flight(stage.place.org)
    assert len(await stage.kept()) == 30
    assert len(await stage.calls("POST")) == 30
    assert set(most.values()) == {1}
    assert await flaws(stage) == []


async def test_under_a_hail_of_faults_nothing_is_lost_and_nothing_doubled(stage: Stage):
    seed = 20261123
    dice = random.Random(seed)  # noqa: S311 - chance that can be played again
    for number in range(2, 5):
        await stage.export_under(number, lines=8)
    kinds = ["drop_before_commit", "drop_after_commit", "refuse", "status", "rate_limit", "garbage", "delay"]
    await stage.sandbox.faults(
        *(
            {"do": dice.choice(kinds), "when": dice.choice(["before", "after"]), "skip": dice.randrange(3)}
            | {"ms": 700, "retryAfter": 0, "match": POST, "times": 1}
            for _ in range(20)
        )
    )

    async with _working(*(stage.outbox() for _ in range(3))):
        await stage.until_done()

    assert set(await stage.states()) <= ENDS, seed
    assert len(await stage.kept()) >= 24 - await stage.parked(), seed
    assert await flaws(stage) == [], seed


async def test_a_request_takes_only_its_own_lines(stage: Stage):
    theirs = await stage.export(await stage.entries(2))
    mine = await stage.export(await stage.entries(2))

    await stage.outbox().run_for(stage.place.org, mine.op_ids, 5)

    states = {op.id: op.state.value for op in await stage.ops()}
    assert [states[op_id] for op_id in mine.op_ids] == ["CONFIRMED"] * 2
    assert [states[op_id] for op_id in theirs.op_ids] == ["PENDING"] * 2


async def test_a_request_that_stops_waiting_leaves_the_line_in_hand_to_finish(stage: Stage):
    requested = await stage.export(await stage.entries(2))
    await stage.sandbox.faults({"do": "delay", "ms": 250, "match": POST})
    outbox = stage.outbox()

    await outbox.run_for(stage.place.org, requested.op_ids, 0.1)
    when_answered = await stage.states()
    await outbox.close()

    # Two lanes reach for the two lines at once; either may have been the faster one.
    assert sorted(when_answered) == ["PENDING", "SENT"]
    assert sorted(await stage.states()) == ["CONFIRMED", "PENDING"]
    assert len(await stage.kept()) == 1


@only("A", "B", because=NO_LOOKUP)
async def test_a_request_waits_for_a_doubt_that_its_patience_outlasts(stage: Stage):
    requested = await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "drop_after_commit", "match": POST, "times": 1})

    await stage.outbox().run_for(stage.place.org, requested.op_ids, 5)

    assert await stage.states() == ["CONFIRMED"]
    assert len(await stage.kept()) == 1


async def test_a_worker_that_is_told_to_stop_finishes_its_line_and_takes_no_other(stage: Stage):
    await stage.export(await stage.entries(3))
    await stage.sandbox.faults({"do": "delay", "ms": 250, "match": POST})
    worker = Worker(stage.outbox())
    worker.start()

    async def is_in_flight() -> bool:
        return "SENT" in await stage.states()

    await until(is_in_flight)

    await worker.stop()

    assert await stage.states() == ["CONFIRMED", "PENDING", "PENDING"]


async def test_a_sleeping_worker_wakes_when_something_is_put_down(stage: Stage):
    worker = Worker(stage.outbox(OutboxSettings(poll_interval=30.0)))
    worker.start()
    await asyncio.sleep(0.1)
    await stage.export(await stage.entries(1))

    worker.wake()
    await stage.until_done(5)
    await worker.stop()

    assert await stage.states() == ["CONFIRMED"]


async def test_a_failure_nobody_foresaw_ends_neither_the_worker_nor_the_line(stage: Stage):
    outbox, failures = stage.outbox(), [RuntimeError("nobody foresaw this")]

    async def psa_for(org_id: str) -> Psa:
        if failures:
            raise failures.pop()
        return await stage.psa_for(org_id)

    outbox.psa_for = psa_for
    await stage.export(await stage.entries(2))

    async with _working(outbox):
        await stage.until_done()

    assert failures == []
    assert len(await stage.kept()) == 2
    assert await flaws(stage) == []


async def test_a_small_organisation_does_not_wait_behind_a_large_one(
    stage: Stage, database: Database, sandbox: Sandbox
):
    small = await set_stage(database, sandbox)
    await stage.export(await stage.entries(20))
    await small.export(await small.entries(2))
    outbox = stage.outbox()
    outbox.psa_for = lambda org: (stage if org == stage.place.org else small).psa_for(org)

    for _ in range(5):
        await outbox.turn()

    assert len(await small.kept()) == 2
    assert len(await stage.kept()) == 3
    await small.close()


@asynccontextmanager
async def _working(*outboxes: Outbox) -> AsyncIterator[None]:
    workers = [Worker(outbox) for outbox in outboxes]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))
