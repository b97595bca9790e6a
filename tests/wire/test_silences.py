"""Connections on which nothing is said, by the thousand: they are ended, and nobody else is."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from schema.serving.silences import Silences

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MANY = 300
WHOLE = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nhost: he"
READ = 65_536


class Door:
    """A server in this process, and the clients that came to it."""

    def __init__(self, server: Any, port: int) -> None:
        self._server, self._port = server, port
        self._silences = Silences()
        self.goes_on = asyncio.Event()

    @property
    def connections(self) -> set[Any]:
        return self._server.server_state.connections

    async def look(self) -> None:
        """Let the server look, once everything that was sent has arrived and everything it ended is gone."""
        await asyncio.sleep(0.2)
        self._silences.look(self.connections)
        await asyncio.sleep(0.2)

    async def client(self, says: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(says)
        await writer.drain()
        return reader, writer


@pytest.fixture(params=["httptools", "h11"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    async with _served(request.param) as door:
        yield door


@asynccontextmanager
async def _served(http: str) -> AsyncIterator[Door]:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await door.goes_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    at = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, lifespan="off", log_config=None, timeout_keep_alive=60)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    door = Door(server, at.getsockname()[1])
    serving = asyncio.create_task(server._serve([at]))
    yield door
    door.goes_on.set()
    server.should_exit = server.force_exit = True
    await serving


async def test_many_who_say_nothing_are_ended_after_a_while(door: Door):
    clients = [await door.client() for _ in range(MANY)]
    await door.look()
    met = len(door.connections)

    await door.look()

    assert (met, len(door.connections)) == (MANY, 0)
    for _, writer in clients:
        writer.close()


@pytest.mark.parametrize("before", [b"", WHOLE], ids=["a_first_request", "a_second_request"])
async def test_half_a_request_is_silence(door: Door, before: bytes):
    reader, writer = await door.client(before)
    if before:
        assert (await reader.read(READ)).endswith(b"ok")
    writer.write(HALF)
    await door.look()
    await door.look()

    assert len(door.connections) == 0
    writer.close()


async def test_who_is_answered_slowly_or_may_ask_again_stays(door: Door):
    slow, slowly = await door.client(WHOLE.replace(b"/ ", b"/slow ", 1))
    rests, resting = await door.client(WHOLE)
    assert (await rests.read(READ)).endswith(b"ok")
    await door.look()
    await door.look()

    assert len(door.connections) == 2
    door.goes_on.set()
    assert (await slow.read(READ)).endswith(b"ok")
    for writer in (slowly, resting):
        writer.close()


async def test_who_asks_between_two_looks_is_not_silent(door: Door):
    reader, writer = await door.client()
    await door.look()
    writer.write(WHOLE)
    assert (await reader.read(READ)).endswith(b"ok")
    writer.write(HALF)
    await door.look()

    assert len(door.connections) == 1
    writer.close()
