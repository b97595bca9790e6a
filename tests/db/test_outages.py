"""What counts as the database's bad moment, and what as a mistake of ours."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from db.organizations import Organization
from db.outages import is_outage
from tests import given

if TYPE_CHECKING:
    from db.session import Database, WriteSession

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MISTAKES = ["SELECT nothing FROM nowhere", "SELEC 1", "INSERT INTO organizations (id) VALUES (NULL)"]


async def test_who_finds_no_connection_in_three_seconds_met_an_outage(database: Database):
    async with AsyncExitStack() as stack:
        for _ in range(4 if database.is_sqlite else 2):  # all that there are for such reads
            session = await stack.enter_async_context(database.read(None))
            await session.execute(text("SELECT 1"))

        with pytest.raises(Exception, match="limit") as caught:
            async with database.read(None) as one_more:
                await one_more.execute(text("SELECT 1"))

    assert is_outage(caught.value)


async def test_a_database_that_may_not_be_written_is_an_outage(database: Database):
    with pytest.raises(Exception, match="read") as caught:
        async with database.read(None) as session:
            await session.execute(text("DELETE FROM organizations"))

    assert is_outage(caught.value)


async def test_an_outage_is_one_whatever_it_caused(database: Database):
    async def asked() -> None:
        try:
            async with database.read(None) as session:
                await session.execute(text("DELETE FROM organizations"))
        except Exception as error:
            raise RuntimeError("nothing to show") from error

    with pytest.raises(RuntimeError) as caught:
        await asked()

    assert is_outage(caught.value)


@pytest.mark.parametrize("statement", MISTAKES)
async def test_a_mistake_is_no_outage(database: Database, statement: str):
    with pytest.raises(DBAPIError) as caught:
        async with database.write(None) as session:
            await session.execute(text(statement))

    assert not is_outage(caught.value)


@ON_POSTGRESQL
async def test_a_statement_that_takes_too_long_met_an_outage(database: Database):
    async def dawdle() -> None:
        async with database.write(None) as session:
            await session.execute(text("SET LOCAL statement_timeout = '50ms'"))
            await session.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(DBAPIError, match="statement timeout") as caught:
        await dawdle()

    assert is_outage(caught.value)


@ON_POSTGRESQL
async def test_of_two_that_wait_for_each_other_one_met_an_outage(database: Database):
    both_have_one = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.write(None) as session:
            await session.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
            await both_have_one.wait()
            await session.execute(text(f"SELECT pg_advisory_xact_lock({second})"))

    ends = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)

    (victim,) = [end for end in ends if isinstance(end, BaseException)]
    assert "deadlock" in str(victim)
    assert is_outage(victim)


@ON_POSTGRESQL
async def test_who_would_overwrite_what_it_has_not_seen_met_an_outage(database: Database):
    place = await given.workplace(database)
    renamed = update(Organization).where(Organization.org_id == place.org)

    async def overwrite() -> None:
        async with database.write(place.org) as slow:
            await slow.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            await slow.execute(text("SELECT 1"))
            async with database.write(place.org) as quick:
                await quick.execute(renamed.values(name="Quick"))
            await slow.execute(renamed.values(name="Slow"))

    with pytest.raises(DBAPIError, match="serialize") as caught:
        await overwrite()

    assert is_outage(caught.value)


@ON_SQLITE
async def test_a_full_disk_is_an_outage_and_what_was_there_stays(database: Database):
    place = await given.workplace(database)
    async with database.write(None) as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))

    with pytest.raises(DBAPIError, match="full") as caught:
        async with database.write(place.org) as session:
            await session.execute(update(Organization).values(name="x" * 1_000_000))
    async with database.write(None) as session:
        await session.execute(text("PRAGMA max_page_count = 1073741823"))
        sound, name = await session.scalar(text("PRAGMA integrity_check")), await _name(session, place.org)

    assert is_outage(caught.value)
    assert (sound, name) == ("ok", place.organization.name)


async def _name(session: WriteSession, org_id: str) -> str | None:
    return await session.scalar(select(Organization.name).where(Organization.org_id == org_id))
