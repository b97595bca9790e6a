"""Changing rows under conditions, and learning how many met them: what every fence of the ledger stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import literal

from db.types import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import BindParameter, CursorResult, Update

    from db.session import WriteSession


def moment(at: datetime) -> BindParameter[datetime]:
    """Return a moment for use inside a function of SQL, where it would lose its type, and on SQLite its form."""
    return literal(at, Instant())


async def touched(session: WriteSession, statement: Update) -> int:
    """Run an UPDATE and return how many rows it changed."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount
