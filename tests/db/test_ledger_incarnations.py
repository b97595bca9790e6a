"""How far a ledger has come: the mark that only moves on, and the node whose memory is ahead of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.ledger.incarnations import RESTORED, advance, release, suspend, suspension
from db.ledger.tables import INCARNATION
from tests.db.streets import cleared
from tests.given import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sqlalchemy import Row

    from db.session import Database

SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
async def _alone(database: Database) -> AsyncIterator[None]:
    """Begin with a ledger that has no mark: there is one of the whole database."""
    await cleared(database)
    yield
    await cleared(database)


async def test_a_new_ledgers_mark_is_now_and_moves_on_and_never_back(database: Database):
    marks = [
        await _advance(database, None, NOW),
        await _advance(database, NOW, NOW),
        await _advance(database, NOW, LATER),
        await _advance(database, LATER, SOON),  # the clock went back, the ledger did not
        await _advance(database, None, SOON),  # a node that remembers nothing
    ]

    assert marks == [NOW, NOW, LATER, LATER, LATER]
    assert await _rows(database) == [(1, LATER, None, None)]  # the row has had this id ever since


async def test_a_node_that_remembers_more_than_the_ledger_suspends_it_and_the_first_reason_stays(database: Database):
    await _advance(database, None, NOW)

    marks = [await _advance(database, LATER, SOON), await _advance(database, LATER, LATER)]

    assert marks == [None, None]
    assert await _rows(database) == [(1, NOW, SOON, RESTORED)]


async def test_an_empty_ledger_is_older_than_any_memory(database: Database):
    mark = await _advance(database, NOW, SOON)

    assert mark is None
    assert await _rows(database) == [(1, SOON, SOON, RESTORED)]


async def test_a_release_is_newer_than_every_memory_and_leaves_no_reason(database: Database):
    async with database.write(None) as session:
        await suspend(session, "A test.", NOW)
        before = await suspension(session)
        await release(session, LATER)
        after = await suspension(session)

    assert (before, after) == ("A test.", None)
    assert await _advance(database, LATER, SOON) == LATER


async def _advance(database: Database, remembered: datetime | None, now: datetime) -> datetime | None:
    async with database.write(None) as session:
        return await advance(session, remembered, now)


async def _rows(database: Database) -> list[Row]:
    async with database.read(None) as session:
        return list(await session.execute(select(INCARNATION)))
