"""Connections with nothing around them: eight of asyncpg in a stack, or SQLite called from the loop itself."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date
from functools import cache
from typing import Any, Protocol

import asyncpg
import orjson
from sqlalchemy import make_url

CONNECTIONS = 8


class Store(Protocol):
    """Runs statements."""

    async def open(self) -> None: ...

    async def fetch(self, sql: str, *args: Any) -> Any: ...

    async def close(self) -> None: ...


def open_store(url: str) -> Store:
    """Return the store of a database."""
    return _Sqlite(make_url(url).database or "") if url.startswith("sqlite") else _Postgres(url)


class _Postgres:
    def __init__(self, url: str) -> None:
        where = make_url(url)
        self._where: dict[str, Any] = {
            "host": where.query["host"], "port": int(str(where.query.get("port", 5432))), "user": where.username,
            "database": where.database,
        }  # fmt: skip
        self._free: list[asyncpg.Connection] = []
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def open(self) -> None:
        for _ in range(CONNECTIONS):
            self._free.append(await asyncpg.connect(**self._where))

    async def fetch(self, sql: str, *args: Any) -> Any:
        async with self._room:
            connection = self._free.pop()
            try:
                return await connection.fetch(sql, *args)
            finally:
                self._free.append(connection)

    async def close(self) -> None:
        for connection in self._free:
            await connection.close()


class _Sqlite:
    """The statements are those of PostgreSQL where they can be, in SQLite's words."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def open(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.execute("PRAGMA query_only=ON")

    async def fetch(self, sql: str, *args: Any) -> Any:
        return self._connection.execute(_translated(sql), [_value(value) for value in args]).fetchall()

    async def close(self) -> None:
        self._connection.close()


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    return value.isoformat() if isinstance(value, date) else value


@cache
def _translated(sql: str) -> str:
    for ours, theirs in (
        ("$", "?"), ("= ANY (?2)", "IN (SELECT value FROM json_each(?2))"), ("AND l.newest", "AND l.newest = 1")
    ):  # fmt: skip
        sql = sql.replace(ours, theirs)
    return sql
