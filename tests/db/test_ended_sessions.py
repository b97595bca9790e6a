"""Sessions that PostgreSQL ends while reads run: each read that fails met an outage, and soon none fails any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db.outages import is_outage
from db.session import Database
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS, ENDS = 10, 40


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL whose sessions a test may end."""
    with Postgres() as server:
        yield server


async def test_a_read_whose_session_was_ended_met_an_outage(own_postgres: Postgres):
    database, is_over = Database(own_postgres.create_database("ended")), asyncio.Event()
    failures: list[Exception] = []

    async def read() -> None:
        while not is_over.is_set():
            try:
                await database.reader.fetch("SELECT $1::int", (1,))
            except Exception as error:  # noqa: BLE001 - which ones come is what is asked
                failures.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(READERS):
            group.create_task(read())
        for _ in range(ENDS):
            await asyncio.to_thread(own_postgres.end_sessions)
        is_over.set()
    answer = await database.reader.fetch("SELECT $1::int", (1,))
    await database.close()

    assert [repr(error) for error in failures if not is_outage(error)] == []
    assert failures != []
    assert answer[0][0] == 1
