"""The steps lead to exactly the tables that the models speak of, with rows in them and without."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from db.migrating import DanglingRows, downgrade, is_at_head, upgrade
from db.organizations import Organization
from db.session import Database
from db.tables import Base

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PSA_CONNECTION = (
    "INSERT INTO psa_connections (org_id, tenant_id, api_url, key_sealed, key_hash, key_last_four, key_updated_at) "
    "VALUES ('nobody', 't', 'u', 's', 'h', 'four', '2026-01-01T00:00:00.000000Z')"
)


async def on_connection(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


@pytest.fixture
async def migrated(database_url: str) -> AsyncIterator[str]:
    await asyncio.to_thread(upgrade, database_url)
    yield database_url
    await asyncio.to_thread(downgrade, database_url, "base")


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection", "ignore:autogenerate skipping metadata-specified")
async def test_autogenerate_finds_nothing_to_do(migrated: str):
    # Indexes over expressions are not seen on SQLite; the next test reads them.
    def differences(connection: Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    found = await on_connection(migrated, differences)

    assert found == []


async def test_every_column_check_key_and_index_reads_as_the_models_say(migrated: str):
    found = await on_connection(migrated, described)

    expected = await on_connection(migrated, expected_description)
    assert found == expected


async def test_an_upgraded_database_is_at_head_and_upgrading_again_changes_nothing(migrated: str):
    await asyncio.to_thread(upgrade, migrated)

    assert await asyncio.to_thread(is_at_head, migrated)


async def test_a_populated_database_goes_down_and_comes_up_empty(migrated: str):
    database = Database(migrated)
    async with database.write("org_1") as session:
        session.add(Organization(name="Northwind IT"))
    await database.close()

    await asyncio.to_thread(downgrade, migrated, "base")
    behind = await asyncio.to_thread(is_at_head, migrated)
    await asyncio.to_thread(upgrade, migrated)

    rows = await on_connection(
        migrated, lambda connection: connection.scalar(text("SELECT count(*) FROM organizations"))
    )
    assert not behind
    assert rows == 0


async def test_upgrades_at_the_same_moment_all_succeed(database_url: str):
    await asyncio.gather(*(asyncio.to_thread(upgrade, database_url) for _ in range(4)))

    assert await asyncio.to_thread(is_at_head, database_url)


async def test_a_step_that_leaves_dangling_rows_is_rolled_back(tmp_path: Any):
    url = f"sqlite+aiosqlite:///{tmp_path}/dangling.db"
    await asyncio.to_thread(upgrade, url)
    await on_connection(url, lambda connection: connection.execute(text(PSA_CONNECTION)))

    with pytest.raises(DanglingRows, match="psa_connections"):
        await asyncio.to_thread(upgrade, url)


def described(connection: Connection) -> dict[str, set[str]]:
    """What the database itself says of its tables, a set of lines per table."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        return gathered((table, line) for table, sql in rows for line in lines(sql))
    return gathered((row[0], row[1]) for query in CATALOGUE for row in connection.execute(text(query)))


def expected_description(connection: Connection) -> dict[str, set[str]]:
    """The same for tables made from the models, in a schema that is thrown away."""
    if connection.dialect.name == "sqlite":
        made = [
            (table.name, str(statement.compile(dialect=connection.dialect)))
            for table in Base.metadata.sorted_tables
            for statement in [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
        ]
        return gathered((table, line) for table, sql in made for line in lines(sql))
    connection.execute(text("CREATE SCHEMA expected"))
    connection.execute(text("SET LOCAL search_path TO expected"))
    Base.metadata.create_all(connection, checkfirst=False)
    found = described(connection)
    connection.execute(text("DROP SCHEMA expected CASCADE"))
    return found


def gathered(said: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, line in said:
        if table != "alembic_version":
            found.setdefault(table, set()).add(line)
    return found


def lines(sql: str) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip(" ,") for line in sql.splitlines() if line.strip(" ,)\t")]


CATALOGUE = [
    (
        "SELECT table_name, concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable, "
        "column_default, collation_name) FROM information_schema.columns WHERE table_schema = current_schema"
    ),
    (
        "SELECT relname, conname || ' ' || replace(pg_get_constraintdef(c.oid), 'expected.', '') FROM pg_constraint c "
        "JOIN pg_class t ON t.oid = conrelid WHERE connamespace = current_schema::regnamespace"
    ),
    "SELECT tablename, replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = current_schema",
]
