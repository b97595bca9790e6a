"""A population into a database: COPY on PostgreSQL, one statement a table on SQLite, and fresh statistics after it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.dialects import registry

from db.base import Base
from db.migrating import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from bench.population import Population


def load(url: str, population: Population) -> None:
    """Create the tables, store the rows, and let the database look at them."""
    upgrade(url)
    if url.startswith("sqlite"):
        _load_sqlite(make_url(url).database or "", population)
    else:
        asyncio.run(_load_postgres(url, population))


async def _load_postgres(url: str, population: Population) -> None:
    where = make_url(url)
    connection = await asyncpg.connect(
        host=where.query["host"], port=where.port or int(str(where.query.get("port", 5432))), user=where.username,
        database=where.database,
    )  # fmt: skip
    await connection.execute("SET session_replication_role = replica")  # the rows fit together; looking is slow
    for table, rows in _tables(population, registry.load("postgresql.asyncpg")()):
        columns = [column.name for column in table.columns]
        await connection.copy_records_to_table(table.name, records=rows, columns=columns)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _load_sqlite(path: str, population: Population) -> None:
    connection = sqlite3.connect(path)
    for table, rows in _tables(population, registry.load("sqlite.aiosqlite")()):
        names = ", ".join(column.name for column in table.columns)
        places = ", ".join("?" for _ in table.columns)
        connection.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)
    connection.commit()
    connection.execute("ANALYZE")
    connection.close()


def _tables(population: Population, dialect: Any) -> Iterator[tuple[Table, list[tuple[Any, ...]]]]:
    """Yield each table, parents first, with its rows as the driver takes them."""
    of_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    grounds = (population.ground, population.neighbour)
    for table in filter(of_table.get, Base.metadata.sorted_tables):
        rows = [row for ground in grounds for row in ground.all(of_table[table])]
        if rows:
            write = [
                (column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.columns
            ]
            yield (
                table,
                [tuple(process(row[name]) if process else row[name] for name, process in write) for row in rows],
            )
