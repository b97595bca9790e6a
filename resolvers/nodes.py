"""This node's part in the work that all nodes share: it compares its memory with the ledger, works, and leaves."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from .outbox.incarnations import Incarnation
from .workers import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from .drains import Drain
    from .outbox.outboxes import Outbox

TO_DO = "is the database up, and migrated?"

log = logging.getLogger(__name__)


class LedgerSilent(Exception):
    """The ledger could not be asked at the start, so nothing may be sent; a supervisor starts the node again."""


@asynccontextmanager
async def working(outbox: Outbox, node_file: Path | None, drain: Drain) -> AsyncIterator[None]:
    """Let a worker work until the drain begins, once the ledger was found to go on from what this node remembers.

    Raise LedgerSilent.
    """
    incarnation = Incarnation(outbox.database, node_file)
    if node_file is None:
        log.warning("PROJECTS_NODE_FILE is not set: this node will not notice a restored database")
    else:
        await _compare(incarnation)
    worker, loop = Worker(outbox, incarnation), asyncio.get_running_loop()
    for leave in (worker.leave, outbox.leave):
        drain.then(partial(loop.call_soon_threadsafe, leave))
    worker.start()
    try:
        yield
    finally:
        await worker.stop(drain.left())
        await outbox.close(drain.left())


async def _compare(incarnation: Incarnation) -> None:
    try:
        await incarnation.check()
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be sent
        # No trace: the driver's names tables and addresses, and says no more than that.
        log.error("the ledger cannot be asked", extra={"reason": type(error).__name__, "to_do": TO_DO})  # noqa: TRY400
        raise LedgerSilent("A node that has a memory compares it with the ledger before it starts.") from None
