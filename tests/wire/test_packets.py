"""An answer leaves in one packet, and nothing that stands alone is kept back."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from schema.serving.packets import GatheringProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """A transport that notes what was sent at once."""

    def __init__(self, transport: Any, sent: list[bytes]) -> None:
        self._transport, self._sent = transport, sent

    def write(self, data: bytes) -> None:
        self._sent.append(data)
        self._transport.write(data)

    def writelines(self, parts: Any) -> None:
        self._sent.append(b"".join(parts))
        self._transport.writelines(parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Door:
    """A server in this process, whose packets are noted; `goes_on` lets late answers go on."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.goes_on = asyncio.Event()
        self.port = 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        if scope["path"] == "/late":
            await self.goes_on.wait()
        await send({"type": "http.response.body", "body": b"well"})

    async def asked(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        return reader, writer


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()

    class Noted(GatheringProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Wire(transport, door.sent))  # type: ignore[arg-type]

    at = socket.create_server(("127.0.0.1", 0))
    door.port = at.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(door.app, http=Noted, interface="asgi3", lifespan="off", log_config=None))
    serving = asyncio.create_task(server._serve([at]))
    yield door
    door.goes_on.set()
    server.should_exit = server.force_exit = True
    await serving


def _request(method: str = "GET", path: str = "/", *headers: str, body: str = "") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: here", *headers, "", body]).encode()


async def test_head_and_body_are_one_packet(door: Door):
    reader, writer = await door.asked(_request())

    await reader.readuntil(b"well")

    (packet,) = door.sent
    assert packet.startswith(HEAD)
    assert packet.endswith(b"\r\n\r\nwell")
    writer.close()


async def test_a_head_whose_body_comes_late_does_not_wait_for_it(door: Door):
    reader, writer = await door.asked(_request(path="/late"))

    head = await reader.readuntil(b"\r\n\r\n")
    door.goes_on.set()

    assert head.startswith(HEAD)
    assert await reader.readexactly(4) == b"well"
    assert len(door.sent) == 2
    writer.close()


async def test_an_answer_without_a_body_is_sent(door: Door):
    reader, writer = await door.asked(_request("HEAD"))

    assert (await reader.readuntil(b"\r\n\r\n")).startswith(HEAD)
    writer.close()


async def test_whoever_asks_for_the_end_gets_all_before_it(door: Door):
    for method, last in (("HEAD", b"\r\n\r\n"), ("GET", b"well")):
        reader, writer = await door.asked(_request(method, "/", "connection: close"))

        assert (await reader.read()).endswith(last)
        writer.close()


async def test_who_waits_to_be_told_to_go_on_is_told(door: Door):
    reader, writer = await door.asked(_request("POST", "/", "content-length: 2", "expect: 100-continue"))

    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"ok")

    assert (await reader.readuntil(b"well")).startswith(HEAD)
    writer.close()


async def test_many_requests_at_once_are_answered_in_turn(door: Door):
    reader, writer = await door.asked(_request() * 20)

    answers = [await reader.readuntil(b"well") for _ in range(20)]

    assert [answer.startswith(HEAD) for answer in answers] == [True] * 20
    writer.close()
