"""Bringing a database to the newest version of its tables, with Alembic, in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

STEPS = Path(__file__).with_name("migrations")
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7021926)"  # any number, as long as every node takes the same


class DanglingRows(Exception):
    """A step left rows that point to nothing; the whole migration was rolled back."""


def upgrade(url: str, revision: str = "head") -> None:
    """Create or upgrade every table, in one transaction. The URL names an async driver.

    It runs a loop of its own: from inside a running loop call it with `asyncio.to_thread`.
    """
    _run(url, lambda connection: command.upgrade(_config(connection), revision))


def downgrade(url: str, revision: str) -> None:
    """Take steps back to a revision (`base` drops every table with all its rows)."""
    _run(url, lambda connection: command.downgrade(_config(connection), revision))


def is_at_head(url: str) -> bool:
    """Tell whether the tables are the ones this program was written for."""
    return _run(url, _at_head)


def _at_head(connection: Connection) -> bool:
    heads = set(ScriptDirectory(str(STEPS)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _run(url: str, work: Callable[[Connection], Answer]) -> Answer:
    return asyncio.run(_on_one_connection(create_async_engine(url, poolclass=NullPool), work))


async def _on_one_connection(engine: AsyncEngine, work: Callable[[Connection], Answer]) -> Answer:
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        event.listen(engine.sync_engine, "connect", _without_foreign_keys)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        async with engine.begin() as connection:
            if not sqlite:
                await connection.exec_driver_sql(ONE_AT_A_TIME)
            answer = await connection.run_sync(work)
            if sqlite:
                await connection.run_sync(_check_foreign_keys)
            return answer
    finally:
        await engine.dispose()


def _without_foreign_keys(connection: Any, _record: object) -> None:
    # Copying a parent table under foreign_keys=ON fails, and the pragma is ignored inside a transaction.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: Connection) -> None:
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if dangling:
        tables = sorted({row[0] for row in dangling})
        message = f"{len(dangling)} rows point to nothing, in {', '.join(tables)}"
        raise DanglingRows(message)
