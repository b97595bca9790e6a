"""How many WebSockets there may be, and for how long somebody may hold one without reading."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from db.organizations import Role
from db.session import Database
from tests import given
from tests.wire.serving import server_process
from tests.wire.talking import opened, say, socket_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from tests.given import Workplace
    from tests.wire.serving import ServerProcess

EVERYTHING = "{ __schema { types { name description fields { name description args { name description } } } } }"
MOST, OF_ONE = 25, 20
PATIENCE = 10 + 5  # seconds; the server's, and what a busy machine adds
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here is about a database


@pytest.fixture(scope="module")
async def place(database_url: str) -> AsyncIterator[Workplace]:
    """Store an organisation."""
    database = Database(database_url)
    yield await given.workplace(database)
    await database.close()


@pytest.fixture(scope="module")
async def server(database_url: str) -> AsyncIterator[ServerProcess]:
    """Serve with places for a few sockets."""
    async with server_process(database_url, sockets=MOST, introspection=1) as process:
        yield process


async def test_one_person_has_so_many_sockets_and_gets_a_place_back(server: ServerProcess, place: Workplace):
    async with AsyncExitStack() as open_ones:
        sockets = [await open_ones.enter_async_context(opened(server, place)) for _ in range(OF_ONE)]
        with pytest.raises(ConnectionClosed) as refused:
            await open_ones.enter_async_context(opened(server, place))
        async with opened(server, place, role=Role.MEMBER):
            pass  # others have places of their own
        await sockets[0].close()
        await _until_let_in(lambda: opened(server, place))

    assert refused.value.rcvd is not None
    assert (refused.value.rcvd.code, "close one" in refused.value.rcvd.reason) == (4429, True)


async def test_a_process_holds_so_many_sockets_and_says_when_it_is_full(server: ServerProcess):
    async with AsyncExitStack() as open_ones:
        held = [await open_ones.enter_async_context(socket_to(server)) for _ in range(MOST)]
        with pytest.raises(InvalidStatus) as refused:
            await open_ones.enter_async_context(socket_to(server))
    await _until_let_in(lambda: socket_to(server))

    assert len(held) == MOST
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (503, "10")
    assert b"TOO_MANY_SOCKETS" in refused.value.response.body


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends a connection for us")
async def test_who_stops_reading_is_disconnected(server: ServerProcess, place: Workplace):
    deaf = _little_read(server)
    to, own = deaf.getpeername()[1], deaf.getsockname()[1]
    async with opened(server, place, by=deaf) as client:
        client.transport.pause_reading()
        for number in range(OF_ONE):
            await say(client, type="subscribe", id=str(number), payload={"query": EVERYTHING})
        held_at_first = _is_held(to, own)

        async with asyncio.timeout(PATIENCE):
            while _is_held(to, own):
                await asyncio.sleep(0.1)
        client.transport.abort()

    assert held_at_first


def _little_read(server: ServerProcess) -> socket.socket:
    """Connect with room for a few kilobytes, so that what is not read soon waits at the server."""
    host, port = server.url.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    return client


def _is_held(server: int, client: int) -> bool:
    """Tell whether the server's end of a connection between two ports is open; the deaf end hears nothing of it."""
    ends = (f":{server:04X} ", f":{client:04X} ")
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return any(line.index(ends[0]) < line.index(ends[1]) for line in lines if all(end in line for end in ends))


async def _until_let_in(door: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    """Try until a place that was given back is free."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with door():
                    return
            except (ConnectionClosed, InvalidStatus):
                await asyncio.sleep(0.05)
