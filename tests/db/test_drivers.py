"""Statements that stay prepared on a connection: few round trips, and none that outlives the tables it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db import drivers
from db.session import Database
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CHANGED = "SELECT * FROM changed"


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL in which a test may change tables."""
    with Postgres() as server:
        yield server


@pytest.fixture
async def reader(own_postgres: Postgres) -> AsyncIterator[Any]:
    """Open a reader with one connection."""
    database = Database(own_postgres.url(), pool_size=1)
    yield database.reader
    await database.close()


async def test_a_statement_follows_a_table_that_changed(own_postgres: Postgres, reader: Any):
    own_postgres.ask("CREATE TABLE changed (one int); INSERT INTO changed VALUES (1)")
    before = await reader.fetch(CHANGED, ())

    own_postgres.ask("ALTER TABLE changed ADD COLUMN two text DEFAULT 'b'")
    after = [await reader.fetch(CHANGED, ()) for _ in range(2)]

    assert [tuple(row) for row in before] == [(1,)]
    assert [[tuple(row) for row in rows] for rows in after] == [[(1, "b")]] * 2


async def test_more_statements_than_are_kept_are_answered_all_the_same(reader: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drivers, "MOST_KNOWN", 3)

    answers = [await reader.fetch(f"SELECT $1::int + {number}", (1,)) for number in [*range(6), *range(6)]]

    assert [rows[0][0] for rows in answers] == [*range(1, 7), *range(1, 7)]
    (warm,) = reader._stack.free
    assert len(warm.known) == 3
