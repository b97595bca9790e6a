"""How far this ledger had come, so that one restored from a backup is noticed; and whether it is suspended (P10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select, update

from db.upserts import insert_into

from .tables import INCARNATION

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession, WriteSession

RESTORED = "The ledger is older than this node remembers it: run `ledger recover`."
RECOVERING = "The ledger is being recovered."
ONLY = 1
MARK: Any = INCARNATION
IS_SUSPENDED = exists(select(MARK.c.id).where(MARK.c.suspended_at.is_not(None)))


async def advance(session: WriteSession, remembered: datetime | None, now: datetime) -> datetime | None:
    """Move the ledger's mark on and return it, for the node to keep; None when the ledger has gone back in time.

    A ledger that has gone back is suspended: nothing leaves until it was recovered.
    """
    found = (await session.execute(select(MARK.c.advanced_at, MARK.c.suspended_at).with_for_update())).one_or_none()
    stored, suspended_at = found or (None, None)
    if stored is None and remembered is None:
        row = {"id": ONLY, "advanced_at": now}
        await session.execute(insert_into(session, MARK).values(row).on_conflict_do_nothing())
        return now
    if stored is None or (remembered is not None and stored < remembered):
        if suspended_at is None:
            await suspend(session, RESTORED, now)
        return None
    mark = max(now, stored)
    await session.execute(update(MARK).values(advanced_at=mark))
    return mark


async def suspend(session: WriteSession, why: str, now: datetime) -> None:
    """Let nothing leave until `release`."""
    row = {"id": ONLY, "advanced_at": now, "suspended_at": now, "suspended_why": why}
    insert = insert_into(session, MARK).values(row)
    said = {"suspended_at": now, "suspended_why": why}
    await session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=said))


async def release(session: WriteSession, now: datetime) -> None:
    """Let exports go on; every node's memory of the ledger is older than this."""
    released = {"advanced_at": now, "suspended_at": None, "suspended_why": None}
    await session.execute(update(MARK).values(released))


async def suspension(session: ReadSession | WriteSession) -> str | None:
    """Return why nothing leaves now, None when all is well: what health and people are told."""
    return await session.scalar(select(MARK.c.suspended_why))
