"""Handshakes of WebSockets that come to nothing: they are answered, and end."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from schema.serving.patience import PatientProtocol
from tests.wire.yards import SLOW, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.wire.yards import Yard

GOOD = (
    "host: here", "connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13",
    "sec-websocket-protocol: graphql-transport-ws", "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
)  # fmt: skip
SOON = 0.3  # seconds


def _handshake(*more: str, method: str = "GET", path: str = "/graphql") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", *GOOD, *more, "", ""]).encode()


class Hasty(PatientProtocol):
    """What is used, with less patience."""

    opens_within = SOON


@pytest.fixture
async def yard(database_url: str) -> AsyncIterator[Yard]:
    """Serve the application with the WebSockets that our own server has."""
    async with opened(database_url) as yard:
        yard.server.config.ws_protocol_class = PatientProtocol
        yield yard


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (_handshake("content-length: 5"), b"400"),
        (_handshake("transfer-encoding: chunked"), b"400"),
        (_handshake("content-length: 0", method="POST"), b"405"),
        (_handshake(*(f"x-{number}: y" for number in range(150))), b"431"),
        (_handshake("x-long: " + "a" * 15_000), b"431"),
        (_handshake(path="/graphql?" + "a" * 15_000), b"414"),
    ],
    ids=["a_body", "chunks", "another_method", "headers", "a_header", "a_path"],
)
async def test_what_the_library_refuses_is_answered_and_ends(yard: Yard, refused: bytes, status: bytes):
    reader, _ = await yard.asked(refused)

    head, _, said = (await asyncio.wait_for(reader.read(), SLOW)).partition(b"\r\n\r\n")

    assert head.split()[1] == status
    assert b"WebSocket" in said
    async with asyncio.timeout(SLOW):
        while yard.server.server_state.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("cookies", [0, 15_000])
async def test_a_browser_comes_in_with_however_many_cookies(yard: Yard, cookies: int):
    reader, _ = await yard.asked(_handshake("cookie: a=" + "a" * cookies))

    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)).split()[1] == b"101"


@asynccontextmanager
async def _undecided(*, accepts: bool) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Shake hands with an application that does nothing, or accepts and does nothing more."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if accepts:
            await send({"type": "websocket.accept"})
        await asyncio.Event().wait()

    at = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, ws=Hasty, lifespan="off", log_config=None))
    serving = asyncio.create_task(server._serve([at]))
    reader, writer = await asyncio.open_connection(*at.getsockname())
    writer.write(_handshake())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = server.force_exit = True
        await serving


async def test_a_handshake_that_nobody_takes_ends():
    async with _undecided(accepts=False) as (reader, _):
        assert await asyncio.wait_for(reader.read(), SLOW) == b""


async def test_a_handshake_that_was_taken_does_not():
    async with _undecided(accepts=True) as (reader, _):
        assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 2 * SOON)
