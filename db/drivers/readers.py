"""What runs a planned read, whichever the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .postgresql import PostgresReader
from .sqlite import SqliteReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL


class Reader(Protocol):
    """Runs one SELECT and returns its rows as tuples (or records that index like tuples)."""

    statements: int

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]: ...

    async def close(self) -> None: ...


def open_reader(url: URL, size: int) -> Reader:
    """Return the reader for a database; connections are opened when first needed."""
    return SqliteReader(url) if url.get_backend_name() == "sqlite" else PostgresReader(url, size)
