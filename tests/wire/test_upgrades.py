"""Offers to speak something else than HTTP/1.1: who makes one is answered as if he had not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from schema.serving.bounds import MOST_WAITING
from tests.wire.yards import AROUND, GOOD, LANE, SLOW, asks, read

if TYPE_CHECKING:
    from tests.wire.yards import Yard

# As Java's HttpClient says it.
JAVA = ("connection: Upgrade, HTTP2-Settings", "http2-settings: AAEAAEAAAAIAAAABAAMAAABk", "upgrade: h2c")


@pytest.mark.parametrize(
    "offer",
    [
        JAVA,
        ("connection: upgrade", "upgrade: TLS/1.3"),
        ("connection: upgrade", "upgrade: h2c", "upgrade: websocket"),
        ("connection: upgrade, close", "upgrade: h2c"),
    ],
    ids=["h2c", "tls", "two", "and_the_end"],
)
@pytest.mark.parametrize(("path", "in_lane"), [(LANE, 1), (AROUND, 0)])
async def test_who_offers_something_else_is_answered(yard: Yard, offer: tuple[str, ...], path: str, in_lane: int):
    _, body = await yard.answer(yard.post(GOOD, *offer, path=path))

    assert body == {"data": {"projects": {"nodes": [{"name": yard.place.project.name}]}}}
    assert yard.in_lane == in_lane


@pytest.mark.parametrize("cut", [0, 1, len(GOOD) - 1])
async def test_a_body_that_comes_later_is_waited_for(yard: Yard, cut: int):
    request = yard.post(GOOD, *JAVA)
    place = len(request) - len(GOOD) + cut
    reader, writer = await yard.asked(request[:place])
    await asyncio.sleep(0.1)
    writer.write(request[place:])

    assert "errors" not in (await read(reader))[1]
    writer.write(yard.post(GOOD, *JAVA))
    assert "errors" not in (await read(reader))[1]


async def test_what_follows_at_once_is_read_too(yard: Yard):
    documents = [asks(f"{{ n{number}: __typename }}") for number in range(6)]
    offers = [JAVA if number % 2 else () for number in range(6)]
    reader, _ = await yard.asked(
        b"".join(yard.post(document, *offer) for document, offer in zip(documents, offers, strict=True))
    )

    assert [(await read(reader))[1] for _ in documents] == [{"data": {f"n{n}": "Query"}} for n in range(6)]


async def test_chunks_behind_an_offer_are_a_body(yard: Yard):
    head = yard.post(b"", "transfer-encoding: chunked", *JAVA).replace(b"content-length: 0\r\n", b"")

    _, body = await yard.answer(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD))

    assert "errors" not in body


async def test_what_is_kept_of_a_head_is_all_but_the_offer(yard: Yard):
    heads, _ = await yard.answer(yard.post(GOOD, "authorization: Basic canary", *JAVA))

    assert b"HTTP/1.1 401 Unauthorized" in heads


async def test_many_who_offer_wait_as_all_do(yard: Yard):
    reader, _ = await yard.asked(yard.post(GOOD, *JAVA) * (2 + MOST_WAITING))

    assert await asyncio.wait_for(reader.read(), SLOW) == b""


@pytest.mark.parametrize("offer", [(), JAVA], ids=["alone", "with_an_offer"])
async def test_nobody_is_connected_through(yard: Yard, offer: tuple[str, ...]):
    lines = ["CONNECT here:443 HTTP/1.1", "host: here:443", *offer, "", ""]
    reader, _ = await yard.asked("\r\n".join(lines).encode() + yard.post(GOOD))

    said = await asyncio.wait_for(reader.read(), SLOW)

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1") == 1


async def test_a_websocket_is_one_however_many_lines_say_so(yard: Yard):
    lines = [
        "GET /graphql HTTP/1.1", "host: here", "connection: upgrade", "connection: keep-alive", "upgrade: WebSocket",
        "sec-websocket-version: 13", "sec-websocket-protocol: graphql-transport-ws",
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==", "", "",
    ]  # fmt: skip
    reader, _ = await yard.asked("\r\n".join(lines).encode())

    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)).split()[1] == b"101"
