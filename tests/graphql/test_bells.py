"""What is put down and not waited for: the worker hears of it, and does not find it at its next poll."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resolvers.outbox.outboxes import Outbox
from resolvers.workers import Worker
from tests.asking import PATIENT
from tests.graphql.test_exports import EXPORT, entries, linked, said
from tests.outbox.stage import until

if TYPE_CHECKING:
    from tests.asking import Desk

AN_HOUR = 3600.0


async def test_all_that_is_eligible_is_begun_by_a_worker_that_sleeps(desk: Desk):
    await linked(desk)
    made = await entries(desk, 3)
    desk.outbox = Outbox(desk.database, desk.psa_for, replace(PATIENT, poll_interval=AN_HOUR))
    worker = Worker(desk.outbox)
    worker.start()

    async def sleeps() -> bool:
        return not any(bell.is_set() for bell in worker._bells)

    async def is_done() -> bool:
        return len(await desk.sandbox.time_entries(desk.org)) == len(made)

    await until(sleeps)
    answer = await desk.do(EXPORT, **said(desk, timeEntryIds=None, allEligible=True))
    await until(is_done)
    await worker.stop()

    assert answer["batch"]["counts"]["pending"] == len(made)
