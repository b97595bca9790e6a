"""Connections in GraphQL's lane: asked again, not read, left, silent; and what is left of a request that is over."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from schema.serving.bounds import LONGEST_HEAD
from schema.serving.lanes import Turn
from schema.serving.requests import Call
from schema.serving.silences import Silences
from tests.wire.yards import AROUND, GOOD, LANE, SLOW, read

if TYPE_CHECKING:
    from tests.wire.yards import Yard


async def test_a_connection_is_asked_again_and_again(yard: Yard):
    reader, writer = await yard.asked(b"")
    for path in (LANE, AROUND, LANE, LANE, AROUND, LANE):
        writer.write(yard.post(GOOD, path=path))
        assert "errors" not in (await read(reader))[1]

    assert yard.in_lane == 4


async def test_who_does_not_read_is_waited_for(yard: Yard, described: Any):
    request, asked = await described(1_000_000), 30
    reader, writer = await yard.asked(b"")
    for _ in range(asked):
        writer.write(request)
        await asyncio.sleep(0.03)

    assert 0 < len(yard.packets) < asked
    for _ in range(asked):
        await read(reader)


async def test_who_goes_away_is_not_missed(yard: Yard):
    for _ in range(5):
        _, writer = await yard.asked(yard.post(GOOD))
        writer.transport.abort()

    assert "errors" not in (await yard.answer(yard.post(GOOD)))[1]
    async with asyncio.timeout(SLOW):
        while yard.server.server_state.tasks or yard.server.server_state.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", [LANE, AROUND])
@pytest.mark.parametrize("times", [1, 5])
async def test_who_says_that_it_asks_for_nothing_more_is_answered_first(yard: Yard, path: str, times: int):
    reader, writer = await yard.asked(yard.post(GOOD, path=path) * times)
    writer.write_eof()

    for number in range(times):
        head, body = await read(reader)
        assert "errors" not in body
        assert (b"connection: close" in head) is (number == times - 1)
    assert await asyncio.wait_for(reader.read(), SLOW) == b""


@pytest.mark.parametrize("path", [LANE, AROUND])
async def test_who_ends_in_the_middle_of_a_request_or_after_an_answer_is_let_go_at_once(yard: Yard, path: str):
    quiet, writer = await yard.asked(yard.post(GOOD, path=path))
    await read(quiet)
    writer.write_eof()
    broken, writer = await yard.asked(yard.post(GOOD, path=path)[:-1])
    writer.write_eof()

    assert await asyncio.wait_for(quiet.read(), SLOW) == b""
    assert await asyncio.wait_for(broken.read(), SLOW) == b""


async def test_who_asks_for_nothing_more_is_ended_unless_an_answer_is_still_being_read(yard: Yard, described: Any):
    silences, state = Silences(), yard.server.server_state
    quiet, _ = await yard.asked(yard.post(GOOD))
    await read(quiet)
    await yard.asked(await described(10_000_000))
    await asyncio.sleep(0.3)
    silences.look(state.connections)
    silences.look(state.connections)

    assert await asyncio.wait_for(quiet.read(), SLOW) == b""
    assert len(state.connections) == 1


async def test_who_asks_between_two_looks_is_not_silent(yard: Yard):
    silences, request = Silences(), yard.post(GOOD)
    reader, writer = await yard.asked(b"")
    for _ in range(4):
        writer.write(request)
        await read(reader)
        silences.look(yard.server.server_state.connections)
    writer.write(request[:20])  # and has just begun again
    await asyncio.sleep(0.1)
    silences.look(yard.server.server_state.connections)
    writer.write(request[20:])

    assert "errors" not in (await read(reader))[1]


@pytest.mark.parametrize("path", [LANE, "/livez"])
async def test_a_head_without_an_end_is_refused(yard: Yard, path: str):
    reader, writer = await yard.asked(f"POST {path} HTTP/1.1\r\nhost: here\r\nx-endless: ".encode())
    for part in (b"", *(b"a" * 1_024,) * (LONGEST_HEAD // 1_024), b"a"):
        writer.write(part)
        await asyncio.sleep(0.02)

    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SLOW)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert await asyncio.wait_for(reader.read(), SLOW) == b"The head of a request is too long."


async def test_a_head_that_comes_in_parts_is_measured_anew_for_each_request(yard: Yard):
    reader, writer = await yard.asked(b"")
    request = yard.post(GOOD, "x-long: " + "a" * 9_000)
    for _ in range(4):
        for place in range(0, len(request), 3_000):
            writer.write(request[place : place + 3_000])
            await asyncio.sleep(0.005)
        assert "errors" not in (await read(reader))[1]


@pytest.mark.parametrize("header", ["accept: */*", "content-type: text/plain"], ids=["well", "refused"])
async def test_an_answered_request_leaves_nothing_to_the_collector(yard: Yard, header: str):
    request = yard.post(GOOD, header)
    reader, writer = await yard.asked(request)
    await read(reader)
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            writer.write(request)
            await read(reader)
        kept = [type(each) for each in gc.get_objects() if isinstance(each, Turn | Call)]
    finally:
        gc.enable()

    assert kept == [Turn]  # the connection keeps its last one
