"""Changing rows under conditions, and learning how many met them: what every fence of the ledger stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import literal

from db.types import Instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import BindParameter, CursorResult, Update

    from db.session import WriteSession


def moment(at: datetime) -> BindParameter[datetime]:
    """Return a moment for use inside a function of SQL, where it would lose its type, and on SQLite its form."""
    return literal(at, Instant())


async def touched(session: WriteSession, statement: Update, said: Mapping[str, Any] | None = None) -> int:
    """Run an UPDATE, with these values where it has none of its own, and return how many rows it changed."""
    return cast("CursorResult[Any]", await session.execute(statement, said)).rowcount
