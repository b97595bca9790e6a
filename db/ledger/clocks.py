"""Whose time the ledger goes by: leases of several nodes must be measured with one clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.session import ReadSession, WriteSession

    Clock = Callable[["ReadSession | WriteSession"], Awaitable[datetime]]


CLOCK = select(func.clock_timestamp())


async def database_now(session: ReadSession | WriteSession) -> datetime:
    """Return the server's time on PostgreSQL (of this moment, not of the transaction), this machine's on SQLite."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    return (await session.execute(CLOCK)).scalar_one()
