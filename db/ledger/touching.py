"""Changing rows under conditions, and learning how many met them: what every fence of the ledger stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from sqlalchemy import CursorResult, Update

    from db.session import WriteSession


async def touched(session: WriteSession, statement: Update) -> int:
    """Run an UPDATE and return how many rows it changed."""
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount
