"""Recovering a ledger that was restored: first everything is looked up, then exports go on (reliability 3.4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.ledger.recoveries import let_go, recover, unreconciled

from .audits import audit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .outboxes import Outbox

TOLD_EVERY = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Report:
    """What a recovery did. With anything `unanswered` exports stay suspended: run it again, or `resume`."""

    in_doubt: int
    audited: int
    unanswered: int


def _silent(_words: str) -> None:
    """Tell nobody."""


async def recover_ledger(
    outbox: Outbox, since: datetime, patience: float = 3600.0, tell: Callable[[str], None] = _silent
) -> Report:
    """Put in doubt what a lost ledger may have sent, look all of it up, and let exports go on.

    `since` says from when on confirmed ops are looked up once more; `patience` is in seconds; `tell` hears
    how far it is. The outbox is used for nothing else.
    """
    outbox.is_recovering = True
    async with outbox.database.write(None) as session:
        recovered = await recover(session, since, await outbox.clock(session))
    tell(
        f"Exports are suspended. {recovered.in_doubt} open lines are in doubt;"
        f" {recovered.to_audit} confirmed since {since.isoformat()} are looked up once more."
    )
    left = await _reconcile(outbox, asyncio.get_running_loop().time() + patience, tell)
    if not left:
        await resume(outbox)
    return Report(recovered.in_doubt, recovered.to_audit, left)


async def resume(outbox: Outbox) -> None:
    """Let exports go on, whatever is still unanswered: each op in doubt is looked up before it is sent."""
    async with outbox.database.write(None) as session:
        await let_go(session, await outbox.clock(session))


async def _reconcile(outbox: Outbox, deadline: float, tell: Callable[[str], None]) -> int:
    loop = asyncio.get_running_loop()
    told_at = loop.time()
    while True:
        await outbox.sweep()
        was_busy = await outbox.turn() or await audit(outbox)
        if was_busy and loop.time() < told_at + TOLD_EVERY:
            continue
        async with outbox.database.write(None) as session:
            left = await unreconciled(session)
        if loop.time() >= told_at + TOLD_EVERY:
            told_at = loop.time()
            tell(f"{left} are left to look up.")
        if not left or loop.time() > deadline:
            return left
        if not was_busy:
            await asyncio.sleep(outbox.settings.poll_interval)
