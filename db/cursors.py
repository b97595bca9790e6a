"""SQLite's cursors, through SQLAlchemy: one visit to the connection's thread for a statement, where its own make four.

aiosqlite has a thread for each connection, and SQLAlchemy goes there to make a cursor, to execute, to fetch, to close.
A visit costs more than most of our statements do; with four of them an export spent its time on the way.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


def visit_once(engine: AsyncEngine) -> None:
    """Give an engine on SQLite these cursors, from its next connection on."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Any, _record: object, args: Any, options: Any) -> _Connection:
        usual = dialect.connect(*args, **options)
        return _Connection(usual.dbapi, usual.driver_connection)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Holds sqlite3's own, which is made and dropped here: SQLAlchemy opens files with check_same_thread=False."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _cursor: Any
    _connection: Any

    def _make_new_cursor(self, connection: Any) -> Any:
        return connection._conn.cursor()  # noqa: SLF001 - aiosqlite makes one only in its thread

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as the cursor it stands for
            self._rows = await self._connection._execute(self._run, operation, parameters or ())  # noqa: SLF001

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001
            await self._connection._execute(self._cursor.executemany, operation, seq_of_parameters)  # noqa: SLF001

    def _run(self, operation: str, parameters: Any) -> deque[Any]:
        cursor = self._cursor
        cursor.execute(operation, parameters)
        return deque(cursor.fetchall()) if cursor.description else deque()

    def close(self) -> None:
        """Forget the rows. Its statement came to its end, or still runs for somebody who was cancelled."""
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor
