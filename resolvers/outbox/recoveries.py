"""Recovering a ledger that was restored: first everything is looked up, then exports go on (reliability 3.4)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from db.ledger.audits import unaudited
from db.ledger.recoveries import let_go, recover, unreconciled

from .audits import audit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from db.session import WriteSession

    from .outboxes import Outbox

TOLD_EVERY = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Report:
    """What a recovery did. With anything `unanswered` exports stay suspended: run it again, or `resume`.

    What is confirmed and still `unaudited` holds nobody up: nothing is sent of it, and the servers go on looking.
    """

    in_doubt: int
    to_audit: int
    unanswered: int
    unaudited: int


def _silent(_words: str) -> None:
    """Tell nobody."""


async def recover_ledger(
    outbox: Outbox, since: datetime, patience: float = 3600.0, tell: Callable[[str], None] = _silent
) -> Report:
    """Put in doubt what a lost ledger may have sent, look all of it up, and let exports go on.

    What is confirmed is looked up once more when exports go on again, tickets only from `since` on. `patience` is in
    seconds; `tell` hears how far it is. The outbox is used for nothing else.
    """
    outbox.is_recovering = True
    deadline = asyncio.get_running_loop().time() + patience
    async with outbox.database.write(None) as session:
        recovered = await recover(session, since, await outbox.clock(session))
    tell(
        f"Exports are suspended. {recovered.in_doubt} open lines are in doubt;"
        f" {recovered.to_audit} confirmed ones are looked up once more."
    )
    unanswered = await _until_none_is_left(outbox, partial(_look, outbox), unreconciled, deadline, tell)
    if unanswered:
        return Report(recovered.in_doubt, recovered.to_audit, unanswered, recovered.to_audit)
    await resume(outbox)
    tell("What was in doubt is answered: exports go on.")
    left = await _until_none_is_left(outbox, partial(audit, outbox), unaudited, deadline, tell)
    return Report(recovered.in_doubt, recovered.to_audit, unanswered, left)


async def resume(outbox: Outbox) -> None:
    """Let exports go on, whatever is still unanswered: each op in doubt is looked up before it is sent."""
    async with outbox.database.write(None) as session:
        await let_go(session, await outbox.clock(session))


async def _look(outbox: Outbox) -> bool:
    await outbox.sweep()
    return await outbox.turn()


async def _until_none_is_left(
    outbox: Outbox,
    deed: Callable[[], Awaitable[bool]],
    count: Callable[[WriteSession], Awaitable[int]],
    deadline: float,
    tell: Callable[[str], None],
) -> int:
    """Do a deed until nothing is left or the time is up; return how much is left."""
    loop = asyncio.get_running_loop()
    told_at = loop.time()
    while True:
        was_busy = await deed()
        if was_busy and loop.time() < told_at + TOLD_EVERY:
            continue
        async with outbox.database.write(None) as session:
            left = await count(session)
        if loop.time() >= told_at + TOLD_EVERY:
            told_at = loop.time()
            tell(f"{left} are left to look up.")
        if not left or loop.time() > deadline:
            return left
        if not was_busy:
            await asyncio.sleep(outbox.settings.poll_interval)
