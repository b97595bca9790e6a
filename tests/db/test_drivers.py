"""The drivers beneath planned reads: statements that stay prepared, and connections that nobody leaves behind."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from db.drivers import postgresql
from db.session import Database
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

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
    monkeypatch.setattr(postgresql, "MOST_KNOWN", 3)

    answers = [await reader.fetch(f"SELECT $1::int + {number}", (1,)) for number in [*range(6), *range(6)]]

    assert [rows[0][0] for rows in answers] == [*range(1, 7), *range(1, 7)]
    (warm,) = reader._stack.free
    assert len(warm.known) == 3


async def test_a_read_that_is_cancelled_while_it_connects_leaves_no_connection(tmp_path: Path):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for turns in range(60):
            await _read_and_cancel(f"sqlite+aiosqlite:///{tmp_path}/left.db", turns)
        gc.collect()

    assert [str(each.message) for each in told] == []


async def _read_and_cancel(url: str, turns: int) -> None:
    """Begin to read, the first to do so, and cancel that a little later."""
    database = Database(url)
    reading = asyncio.create_task(database.reader.fetch("SELECT 1", ()))
    for _ in range(turns):
        await asyncio.sleep(0.0002)
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await database.close()
