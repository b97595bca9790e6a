"""Reads on PostgreSQL: asyncpg with statements that stay prepared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .stacks import Stack

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
        self._stack = Stack(size, self._connect)
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
