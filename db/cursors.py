"""SQLite's cursors for SQLAlchemy: each statement is one trip to the connection's thread, not four."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from aiosqlite import Connection


class Cursor:
    """Makes, runs, reads and closes a cursor in one trip; a trip costs more than most statements."""

    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: Connection) -> None:
        """Take the connection; nothing is asked of its thread yet."""
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        """Be ready."""
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Run one statement and keep its rows."""
        await self._connection._execute(self._run, sql, parameters)  # noqa: SLF001 - what every cursor of its own does
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Run one statement several times."""
        await self._connection._execute(self._run_many, sql, parameters)  # noqa: SLF001 - as above
        return self

    async def fetchall(self) -> list[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """Forget the rows; the real cursor was closed at once."""
        self._rows = []

    def _run(self, sql: str, parameters: Sequence[Any]) -> None:
        cursor = self._connection._conn.execute(sql, parameters)  # noqa: SLF001 - in its thread
        self._rows = cursor.fetchall() if cursor.description else []
        self._keep(cursor)

    def _run_many(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._keep(self._connection._conn.executemany(sql, parameters))  # noqa: SLF001 - as above

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        cursor.close()


def connecting(path: str) -> Any:
    """Return the maker of an engine's connections."""
    import aiosqlite  # noqa: PLC0415 - not loaded where PostgreSQL serves

    class Connected(aiosqlite.Connection):
        """A connection whose cursors are these."""

        def cursor(self) -> Any:
            """Return a cursor that has cost nothing yet."""
            return Cursor(self)

    def connect() -> Connected:
        connection = Connected(partial(sqlite3.connect, path, isolation_level=None), 64)
        connection._thread.daemon = True  # noqa: SLF001 - a process that dies does not wait for it
        return connection

    return connect
