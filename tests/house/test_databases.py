"""A test that asks for `database_url` gets a migrated, empty database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from db.migrating import is_at_head

if TYPE_CHECKING:
    from tests.postgres import Postgres


async def test_it_is_migrated_to_the_newest_tables(database_url: str) -> None:
    assert await asyncio.to_thread(is_at_head, database_url)


async def test_it_is_empty(database_url: str) -> None:
    engine = create_async_engine(database_url, poolclass=NullPool)

    async with engine.connect() as connection:
        projects = await connection.scalar(text("SELECT count(*) FROM projects"))

    await engine.dispose()
    assert projects == 0


def test_a_module_keeps_its_database_and_shares_it_with_nobody(database_url: str, postgres: Postgres) -> None:
    name = make_url(database_url).database or ""

    assert name.split("/")[-1].startswith("test_")
    assert postgres.ask("SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'") in {"0", "1"}
