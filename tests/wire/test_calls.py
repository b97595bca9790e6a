"""What a warm read costs, counted in calls of Python: no clock, so that a busy machine says the same as a quiet one."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from db.organizations import Role
from schema.serving import logs, servers
from tests import given
from tests.wire.serving import Front, front

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from db.base import Base

TINY = "query tiny($id: ID!) { project(id: $id) { id name } }"
DEEP = """query deep($after: String) { projects(first: 20, after: $after) { edges { node { id name status
  tasks(first: 20) { nodes { id name status priority dueDate
    ticketLink { ticketNumber ticketTitle ticketUrl } } } } } } }"""
UNPLANNED = "query tiny($id: ID!) { __schema { __typename } project(id: $id) { id name } }"  # no plan knows the schema
WARM = 5


@pytest.fixture(scope="module")
async def full(database_url: str) -> AsyncIterator[tuple[Front, str]]:
    """Serve an organisation of twenty projects with twenty tasks each."""
    async with front(database_url, introspection=True) as opened:
        place = opened.place
        owner = place.users[Role.OWNER]
        projects = [given.project(place.organization, owner, client_id=place.client.id) for _ in range(20)]
        tasks = [given.task(project) for project in projects for _ in range(20)]
        tickets: list[Base] = [given.ticket_link(task, owner) for task in tasks[::2]]
        await given.stored(opened.database, *projects, *tasks, *tickets)
        yield opened, projects[0].id


@pytest.fixture(autouse=True)
def _logged() -> Iterator[None]:
    """Write the line of each request as the server does: it is a part of the price."""
    loggers = [logging.getLogger(name) for name in (None, *logs.OURS)]
    before = [(logger.level, logger.handlers) for logger in loggers]
    logs.configure("INFO")
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers = handlers


@pytest.mark.parametrize(("document", "most"), [(TINY, 250), (DEEP, 1_500)], ids=["tiny", "deep"])
async def test_a_warm_read_stays_within_its_calls(full: tuple[Front, str], document: str, most: int):
    calls = await _calls(full, document)

    assert 0 < calls <= most


async def test_the_same_read_by_graphql_core_costs_more_than_that(full: tuple[Front, str]):
    fast, standard = await _calls(full, TINY), await _calls(full, UNPLANNED)

    assert standard > 2 * fast


async def test_pages_are_gone_before_anybody_looks_for_garbage(full: tuple[Front, str]):
    as_python_would, *_ = gc.get_threshold()

    assert await _searches(full, servers.OBJECTS) == 0
    assert await _searches(full, as_python_would) > 0


async def _searches(full: tuple[Front, str], objects: int) -> int:
    """Return how often the collector searched while warm pages of 400 tasks were asked for, one after the other."""
    phases: list[str] = []
    before = gc.get_threshold()
    await _calls(full, DEEP)
    gc.collect()
    gc.callbacks.append(watch := lambda phase, _info: phases.append(phase))
    gc.set_threshold(objects)
    try:
        await _calls(full, DEEP)
    finally:
        gc.callbacks.remove(watch)
        gc.set_threshold(*before)
    return phases.count("start")


async def _calls(full: tuple[Front, str], document: str) -> int:
    """Return the Python calls of a warm request, the fewest of some: who asks is loaded anew now and then."""
    door, project_id = full
    variables = {"id": project_id} if "$id" in document else {}
    counts = [await _counted(door, {"query": document, "variables": variables}) for _ in range(2 * WARM)]
    return min(counts[WARM:])


async def _counted(door: Front, body: dict[str, Any]) -> int:
    app: Any = door.client._transport.app  # pyright: ignore[reportAttributeAccessIssue] - httpx keeps it there
    headers = [(b"content-type", b"application/json"), (b"authorization", door.owner["authorization"].encode())]
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers,
        "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    sent: list[dict[str, Any]] = []
    calls, mine = 0, asyncio.current_task()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": orjson.dumps(body), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        if event == "call" and asyncio.current_task() is mine:  # the worker takes its turns in the same loop
            calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        await app(scope, receive, send)
    finally:
        sys.setprofile(before)
    assert sent[0]["status"] == 200
    assert b'"errors"' not in sent[1]["body"]
    return calls
