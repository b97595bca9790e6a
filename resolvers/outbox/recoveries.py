"""Recovering a ledger that was restored: first everything is looked up, then exports go on (reliability 3.4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.ledger.recoveries import let_go, recover, unreconciled

from .audits import audit

if TYPE_CHECKING:
    from datetime import datetime

    from .outboxes import Outbox


@dataclass(frozen=True, slots=True)
class Report:
    """What a recovery did. With anything `unanswered` exports stay suspended: run it again, or `resume`."""

    in_doubt: int
    audited: int
    unanswered: int


async def recover_ledger(outbox: Outbox, since: datetime, patience: float = 3600.0) -> Report:
    """Put in doubt what a lost ledger may have sent, look all of it up, and let exports go on.

    `since` says from when on confirmed ops are looked up once more; `patience` is in seconds. The outbox is used for
    nothing else.
    """
    outbox.is_recovering = True
    async with outbox.database.write(None) as session:
        recovered = await recover(session, since, await outbox.clock(session))
    left = await _reconcile(outbox, asyncio.get_running_loop().time() + patience)
    if not left:
        await resume(outbox)
    return Report(recovered.in_doubt, recovered.to_audit, left)


async def resume(outbox: Outbox) -> None:
    """Let exports go on, whatever is still unanswered: each op in doubt is looked up before it is sent."""
    async with outbox.database.write(None) as session:
        await let_go(session, await outbox.clock(session))


async def _reconcile(outbox: Outbox, deadline: float) -> int:
    loop = asyncio.get_running_loop()
    while True:
        await outbox.sweep()
        if await outbox.turn() or await audit(outbox):
            continue
        async with outbox.database.write(None) as session:
            left = await unreconciled(session)
        if not left or loop.time() > deadline:
            return left
        await asyncio.sleep(outbox.settings.poll_interval)
