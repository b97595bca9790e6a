"""Planned reads run here: statement text straight on the driver, over a last-in-first-out stack of connections."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

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


MOST_KNOWN = 1_000  # prepared statements of a connection


class Reader(Protocol):
    """Runs one SELECT and returns its rows as tuples (or records that index like tuples)."""

    statements: int

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]: ...

    async def close(self) -> None: ...


def open_reader(url: URL, size: int) -> Reader:
    """Return the reader for a database; connections are opened when first needed."""
    return SqliteReader(url, min(size, 4)) if url.get_backend_name() == "sqlite" else PostgresReader(url, size)


class _Stack:
    """Connections, the warmest on top; who finds none waits until one is given back, in turn.

    Plainer than a semaphore beside a list, and half its price for a read that does not wait.
    """

    def __init__(self, size: int, connect: Callable[[], Awaitable[Any]]) -> None:
        self.free: list[Any] = []
        self._left = size
        self._connect = connect
        self._waiting: deque[asyncio.Future[Any]] = deque()

    async def more(self) -> Any:
        """Return a connection when none is free: a new one, or the next that is given back."""
        if self._left:
            self._left -= 1
            return await self._new()
        turn: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.back(turn.result())
            raise
        return connection or await self._new()

    def back(self, connection: Any | None) -> None:
        """Take a connection back, or None for one that is broken: whoever gets its place makes a new one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._left += 1
        else:
            self.free.append(connection)

    async def _new(self) -> Any:
        try:
            return await self._connect()
        except BaseException:
            self.back(None)
            raise


class _Warm:
    """A connection and the statements that it knows, each with its way to the rows."""

    __slots__ = ("connection", "known")

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.known: dict[str, Callable[..., Awaitable[Any]]] = {}

    async def prepared(self, sql: str) -> Callable[..., Awaitable[Any]]:
        """Have a statement prepared; past `MOST_KNOWN` the driver looks newcomers up, for a tenth of a small read."""
        if len(self.known) >= MOST_KNOWN:
            return partial(self.connection.fetch, sql)
        statement = await self.connection.prepare(sql)
        self.known[sql] = statement.fetch
        return statement.fetch


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
        self._stack = _Stack(size, self._connect)
        self._outdated: type[Exception] | tuple[()] = ()
        self.statements = 0

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement; a connection that broke is thrown away."""
        self.statements += 1
        stack = self._stack
        warm: _Warm = stack.free.pop() if stack.free else await stack.more()
        while warm.connection.is_closed():  # the server has ended it; the others are perhaps no better
            stack.back(None)
            warm = stack.free.pop() if stack.free else await stack.more()
        try:
            try:
                run = warm.known.get(sql) or await warm.prepared(sql)
                rows = await run(*args)
            except self._outdated:
                warm.known.clear()
                rows = await warm.connection.fetch(sql, *args)  # which prepares it anew
        except BaseException:
            stack.back(None if warm.connection.is_closed() else warm)
            raise
        stack.back(warm)
        return rows

    async def _connect(self) -> Any:
        import asyncpg  # noqa: PLC0415 - an extra: SQLite users need not have it

        self._outdated = asyncpg.InvalidCachedStatementError  # the tables changed after it was prepared
        settings: Any = {"server_settings": READ_SETTINGS, "statement_cache_size": MOST_KNOWN}
        return _Warm(await asyncpg.connect(**self._where, **settings))

    async def close(self) -> None:
        """Close what is idle; nothing is out when the application stops."""
        while self._stack.free:
            await self._stack.free.pop().connection.close()


class SqliteReader:
    """aiosqlite without SQLAlchemy: one thread a connection, one hop a statement."""

    def __init__(self, url: URL, size: int) -> None:
        self._path = url.database or ""
        self._stack = _Stack(size, self._connect)
        self.statements = 0

    async def fetch(self, sql: str, args: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement. A cancelled caller does not stop it: the thread must finish before the next."""
        self.statements += 1
        stack = self._stack
        connection = stack.free.pop() if stack.free else await stack.more()
        running = asyncio.ensure_future(connection.execute_fetchall(sql, args))

        def give_back(done: asyncio.Future[Any]) -> None:
            done.exception()  # seen, though the caller may be gone
            stack.back(connection)

        running.add_done_callback(give_back)
        return await asyncio.shield(running)

    async def _connect(self) -> Any:
        import aiosqlite  # noqa: PLC0415 - not loaded where PostgreSQL serves

        connection = await aiosqlite.connect(self._path, isolation_level=None)
        try:
            for pragma in ("query_only=ON", "busy_timeout=5000", "temp_store=MEMORY"):
                await connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.stop()
            raise
        return connection

    async def close(self) -> None:
        """Close what is idle; nothing is out when the application stops."""
        while self._stack.free:
            await self._stack.free.pop().close()
