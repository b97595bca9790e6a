"""Reads on SQLite: aiosqlite, a thread for each connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import URL


# Threads that read rows fight for Python's lock: four cost twice the CPU of two and answer less (docs/performance.md).
# One would cost the least, and let everybody wait for a long read.
READERS = 2


class SqliteReader:
    """aiosqlite without SQLAlchemy: one thread a connection, one hop a statement."""

    def __init__(self, url: URL) -> None:
        self._path = url.database or ""
        self._stack = Stack(READERS, self._connect)
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
