"""What counts as the database's bad moment, and what as a mistake of ours."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.outages import is_outage
from db.session import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MISTAKES = ["SELECT nothing FROM nowhere", "SELEC 1", "INSERT INTO organizations (id) VALUES (NULL)"]


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the module's database."""
    opened = Database(database_url)
    yield opened
    await opened.close()


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
