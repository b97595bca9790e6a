"""Following: one look at everything for however many follow it, and nothing that queues for one who reads slowly."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from db.activity import ActivityKind, record
from db.pulses import AT_ONCE, born_at
from db.session import Database
from resolvers.followings import Followings, Kind
from resolvers.subscriptions import Timeline
from tests import given

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.given import Workplace


@pytest.fixture
async def place(database: Database) -> Workplace:
    """Store an organisation."""
    return await given.workplace(database)


@pytest.fixture
async def followings(database: Database) -> AsyncIterator[Followings]:
    """Follow what is asked for, with a look every fifth of a second."""
    made = Followings(database, 0.2)
    yield made
    await made.aclose()


async def test_who_reads_slowly_sees_the_last_state_only(database: Database, place: Workplace, followings: Followings):
    async with followings.following(Kind.PROJECT, place.org, place.project.id) as following:
        begun, moves = following.version, 0
        for _ in range(3):
            await _happened(database, place)
        while following.version[1] < 3:
            await following.moved(following.version)
            moves += 1

    assert begun[1] == 0
    assert 1 <= moves <= 3


async def test_many_followers_cost_no_more_looks_than_one(database: Database, place: Workplace, followings: Followings):
    looks: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        looks.append(statement)

    async with AsyncExitStack() as stack:
        for _ in range(49):
            await stack.enter_async_context(followings.following(Kind.PROJECT, place.org, place.project.id))
        following = await stack.enter_async_context(followings.following(Kind.PROJECT, place.org, place.project.id))
        event.listen(database._reading.sync_engine, "before_cursor_execute", note)
        seen = following.version
        await _happened(database, place)
        await following.moved(seen)
        event.remove(database._reading.sync_engine, "before_cursor_execute", note)

    assert len([look for look in looks if "activity_events" in look]) < 10


async def test_what_another_process_commits_is_seen_at_the_next_look(
    database: Database, place: Workplace, followings: Followings
):
    other = Database(database.url.render_as_string(hide_password=False))

    async with followings.following(Kind.PROJECT, place.org, place.project.id) as following:
        seen = following.version
        await _happened(other, place)
        async with asyncio.timeout(5):
            await following.moved(seen)
        now = following.version
    await other.close()

    assert now != seen


async def test_nothing_is_looked_at_that_nobody_follows(place: Workplace, followings: Followings):
    async with followings.following(Kind.PROJECT, place.org, place.project.id):
        watch = followings._watch
    assert watch is not None
    async with asyncio.timeout(5):
        await watch

    assert followings._followed == {}


async def test_an_event_that_commits_after_younger_ones_is_not_missed(database: Database, place: Workplace):
    timeline = Timeline(database, place.org, place.project.id)
    await timeline.begin()
    await _happened(database, place)
    first = [event_id async for event_id in timeline.news()]
    await _happened(database, place, born=datetime.now(UTC) - timedelta(seconds=12))

    late = [event_id async for event_id in timeline.news()]

    assert (len(first), len(late)) == (1, 1)
    assert late[0] < first[0]
    assert [event_id async for event_id in timeline.news()] == []


async def test_more_events_than_a_page_come_each_once(database: Database, place: Workplace):
    timeline = Timeline(database, place.org, place.project.id)
    await timeline.begin()
    await _happened(database, place, times=AT_ONCE * 2 + 1)

    seen = [event_id async for event_id in timeline.news()]

    assert (len(seen), seen) == (AT_ONCE * 2 + 1, sorted(set(seen)))


async def _happened(database: Database, place: Workplace, times: int = 1, born: datetime | None = None) -> None:
    async with database.write(place.org) as session:
        for _ in range(times):
            said = {"kind": ActivityKind.TASK_UPDATED, "summary": "It happened"}
            event_of = record(session, None, place.project, datetime.now(UTC), **said)
            if born is not None:
                event_of.id = born_at(born)
