"""INSERT … ON CONFLICT, which both databases know and SQLAlchemy spells twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from .base import Base


def insert_into(session: AsyncSession, table: type[Base]) -> Any:
    """Return the dialect's INSERT, which has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = session.get_bind().dialect.name
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
