"""Planned reads run here: statement text straight on the driver, over a last-in-first-out stack of connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL

READ_SETTINGS = {
    "statement_timeout": "5s",
    "default_transaction_read_only": "on",
    "timezone": "UTC",
    "jit": "off",  # compiling pays only for seconds of work; ours are milliseconds
    "plan_cache_mode": "force_generic_plan",  # prepared once; planning again for each call costs as much as running
    "enable_memoize": "off",  # our to-one joins seldom meet the same key twice
    "random_page_cost": "1.1",  # an organisation's hot rows are in memory; the default 4 prefers scans of small tables
}


class Reader(Protocol):
    """Runs one SELECT and returns its rows as tuples (or records that index like tuples)."""

    statements: int

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]: ...

    async def close(self) -> None: ...


def open_reader(url: URL, size: int) -> Reader:
    """Return the reader for a database; connections are opened when first needed."""
    return SqliteReader(url, min(size, 4)) if url.get_backend_name() == "sqlite" else PostgresReader(url, size)


class _Stack:
    """Connections, the warmest on top; waits when all are out."""

    def __init__(self, size: int) -> None:
        self.free: list[Any] = []
        self.room = asyncio.Semaphore(size)


class PostgresReader:
    """asyncpg without its pool, whose reset query on release would cost every read a round trip."""

    def __init__(self, url: URL, size: int) -> None:
        self._where = {
            "host": url.query.get("host", url.host),
            "port": url.port or 5432,
            "user": url.username,
            "password": url.password,
            "database": url.database,
        }
        self._stack = _Stack(size)
        self.statements = 0

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement; a connection that broke is thrown away."""
        self.statements += 1
        async with self._stack.room:
            free = self._stack.free
            connection = free.pop() if free else await self._connect()
            try:
                return await connection.fetch(sql, *args)
            finally:
                if not connection.is_closed():
                    free.append(connection)

    async def _connect(self) -> Any:
        import asyncpg  # noqa: PLC0415 - an extra: SQLite users need not have it

        return await asyncpg.connect(**self._where, server_settings=READ_SETTINGS, statement_cache_size=1000)

    async def close(self) -> None:
        """Close what is idle; nothing is out when the application stops."""
        while self._stack.free:
            await self._stack.free.pop().close()


class SqliteReader:
    """aiosqlite without SQLAlchemy: one thread a connection, one hop a statement."""

    def __init__(self, url: URL, size: int) -> None:
        self._path = url.database or ""
        self._stack = _Stack(size)
        self.statements = 0

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement. A cancelled caller does not stop it: the thread must finish before the next."""
        self.statements += 1
        async with self._stack.room:
            return await asyncio.shield(self._run(sql, args))

    async def _run(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        free = self._stack.free
        connection = free.pop() if free else await self._connect()
        try:
            return await connection.execute_fetchall(sql, args)
        finally:
            free.append(connection)

    async def _connect(self) -> Any:
        import aiosqlite  # noqa: PLC0415 - not loaded where PostgreSQL serves

        connection = await aiosqlite.connect(self._path, isolation_level=None)
        for pragma in ("query_only=ON", "busy_timeout=5000", "temp_store=MEMORY"):
            await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def close(self) -> None:
        """Close what is idle; nothing is out when the application stops."""
        while self._stack.free:
            await self._stack.free.pop().close()
