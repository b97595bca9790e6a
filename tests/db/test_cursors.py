"""SQLite's cursors: one visit to the connection's thread for a statement, and nothing left behind by the cancelled."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import aiosqlite
import pytest
from sqlalchemy import select, text, update

from db.organizations import Organization
from tests import given

if TYPE_CHECKING:
    from db.session import Database

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL's driver has no threads


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note every visit to a connection's thread."""
    noted: list[Any] = []
    visit = aiosqlite.Connection._execute

    async def noting(connection: aiosqlite.Connection, do: Any, *said: Any, **more: Any) -> Any:
        noted.append(do)
        return await visit(connection, do, *said, **more)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    return noted


@ON_SQLITE
async def test_a_statement_is_one_visit(database: Database, visits: list[Any]):
    place = await given.workplace(database)
    async with database.read(place.org) as session:
        await session.execute(select(Organization.org_id))
        visits.clear()
        rows = (await session.execute(select(Organization.org_id, Organization.name))).all()
        asked = len(visits)

    assert rows == [(place.org, place.organization.name)]
    assert asked == 1


@ON_SQLITE
async def test_a_unit_is_a_visit_for_each_statement_and_three_around_them(database: Database, visits: list[Any]):
    place = await given.workplace(database)
    visits.clear()

    async with database.write(place.org) as session:
        done: Any = await session.execute(update(Organization).values(name="Anew"))
        named = update(Organization).values(name="Anew again").returning(Organization.name)
        names = (await session.scalars(named)).all()

    assert (done.rowcount, names) == (1, ["Anew again"])
    assert len(visits) == 2 + 3  # BEGIN, COMMIT, and the pool's own ROLLBACK


@ON_SQLITE
async def test_a_unit_that_is_cancelled_in_a_statement_leaves_the_database_free(database: Database):
    place = await given.workplace(database)
    begun, goes_on = threading.Event(), threading.Event()

    def held_up() -> bool:
        begun.set()
        return goes_on.wait(10)

    async def unit() -> None:
        async with database.write(place.org) as session:
            await session.execute(update(Organization).values(name="Never"))
            driver: Any = (await (await session.connection()).get_raw_connection()).driver_connection
            await driver.create_function("held_up", 0, held_up)
            await session.execute(text("SELECT held_up()"))

    cancelled = asyncio.create_task(unit())
    await asyncio.to_thread(begun.wait, 10)
    cancelled.cancel()
    goes_on.set()
    await asyncio.wait([cancelled])

    assert cancelled.cancelled()
    async with database.write(place.org) as session:
        assert await session.scalar(select(Organization.name)) == place.organization.name
