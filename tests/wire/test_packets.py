"""A whole answer leaves in one packet, and a body that has come is not waited for."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from schema.serving.packets import LARGE, Cycle, WholeProtocol
from schema.serving.requests import WHOLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD = b"HTTP/1.1 200 OK"


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
    """A server in this process, whose packets are noted; it answers with what `says`, or with what it was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.come: list[bytes | None] = []
        self.answered = 0
        self.says = b"well"
        self.port = 0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        whole = scope.get("extensions", {}).get(WHOLE)
        body = self.says
        if scope["method"] == "POST":
            self.come.append(whole.come())
            body = self.come[-1] or await self._received(receive)
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}
        if whole:
            await send(start | {"body": body})
        else:
            await send(start)
            await send({"type": "http.response.body", "body": body})
        self.answered += 1

    async def _received(self, receive: Any) -> bytes:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        return body

    async def asked(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        return reader, writer


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()

    class Noted(WholeProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Wire(transport, door.sent))  # type: ignore[arg-type]

    at = socket.create_server(("127.0.0.1", 0))
    door.port = at.getsockname()[1]
    manner: Any = {"interface": "asgi3", "lifespan": "off", "log_config": None, "server_header": False}
    server = uvicorn.Server(uvicorn.Config(door.app, http=Noted, **manner))
    serving = asyncio.create_task(server._serve([at]))
    yield door
    server.should_exit = server.force_exit = True
    await serving


def _request(method: str = "GET", *headers: str, body: str = "") -> bytes:
    return "\r\n".join([f"{method} / HTTP/1.1", "host: here", *headers, "", body]).encode()


def _lines(head: bytes) -> set[bytes]:
    """Return the lines of a head, of the date only that there is one."""
    return {b"date" if line.startswith(b"date: ") else line for line in head.split(b"\r\n") if line}


@pytest.mark.parametrize("size", [0, 4, LARGE - 1, LARGE, 10 * LARGE])
async def test_head_and_body_are_one_packet(door: Door, size: int):
    door.says = b"w" * size
    reader, writer = await door.asked(_request())

    head = await reader.readuntil(b"\r\n\r\n")

    assert head.startswith(HEAD)
    assert await reader.readexactly(size) == door.says
    assert door.sent == [head + door.says]
    writer.close()


async def test_an_answer_without_a_body_goes_the_servers_own_way(door: Door):
    reader, writer = await door.asked(_request("HEAD"))

    assert _lines(await reader.readuntil(b"\r\n\r\n")) == {HEAD, b"date", b"content-length: 4"}
    writer.close()


async def test_whoever_asks_for_the_end_gets_all_before_it(door: Door):
    reader, writer = await door.asked(_request("GET", "connection: close"))

    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert _lines(head) == {HEAD, b"date", b"content-length: 4", b"connection: close"}
    assert body == b"well"
    writer.close()


async def test_a_body_that_came_with_the_headers_is_at_hand(door: Door):
    reader, writer = await door.asked(_request("POST", "content-length: 4", body="here"))

    await reader.readuntil(b"here")

    assert door.come == [b"here"]
    writer.close()


async def test_a_body_that_comes_later_is_received(door: Door):
    reader, writer = await door.asked(_request("POST", "content-length: 4"))
    while not door.come:
        await asyncio.sleep(0.01)
    writer.write(b"late")

    await reader.readuntil(b"late")

    assert door.come == [None]
    writer.close()


async def test_who_waits_to_be_told_to_go_on_is_told(door: Door):
    reader, writer = await door.asked(_request("POST", "content-length: 2", "expect: 100-continue"))

    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"ok")

    assert (await reader.readuntil(b"ok")).startswith(HEAD)
    writer.close()


async def test_many_requests_at_once_are_answered_in_turn(door: Door):
    bodies = [f"{number:04}" for number in range(20)]
    requests = [_request("POST", "content-length: 4", body=body) for body in bodies]
    reader, writer = await door.asked(b"".join(requests))

    answers = [await reader.readuntil(body.encode()) for body in bodies]

    assert [answer.startswith(HEAD) for answer in answers] == [True] * 20
    writer.close()


async def test_who_does_not_read_is_waited_for(door: Door):
    door.says, asked = b"w" * 1_000_000, 30
    reader, writer = await door.asked(_request() * asked)
    await asyncio.sleep(0.3)

    assert 0 < door.answered < asked
    for _ in range(asked):
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(door.says))
    assert door.answered == asked
    writer.close()


async def test_an_answered_request_leaves_nothing_to_the_collector(door: Door):
    reader, writer = await door.asked(_request())
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            await reader.readuntil(b"well")
            writer.write(_request())
        await reader.readuntil(b"well")

        kept = [each for each in gc.get_objects() if isinstance(each, Cycle)]
    finally:
        gc.enable()

    assert len(kept) == 1  # the connection keeps its last one
    writer.close()
