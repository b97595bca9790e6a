"""Requests that have no end: the connection has one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from schema.serving.bounds import LONGEST_TAIL, MOST
from tests.wire.yards import AROUND, GOOD, LANE, SLOW, read

if TYPE_CHECKING:
    from tests.wire.yards import Yard

PIECE = 8 * 1024  # bytes
FAR = 4 * LONGEST_TAIL // PIECE  # pieces; the kernel has taken some when the connection ends


def _chunked(yard: Yard, path: str, *chunks: bytes) -> bytes:
    head = yard.post(b"", "transfer-encoding: chunked", path=path).replace(b"content-length: 0\r\n", b"")
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


async def _pieces_taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, piece: bytes, most: int) -> int:
    """Return after how many pieces the server ended the connection, or the most if it did not."""
    for number in range(most):
        writer.write(piece)
        with suppress(TimeoutError, ConnectionError):
            if not await asyncio.wait_for(reader.read(65_536), 0.01):
                return number
        if reader.exception() or reader.at_eof():
            return number
    return most


@pytest.mark.parametrize("path", [LANE, AROUND, "/nothing"])
@pytest.mark.parametrize("chunks", [(), (GOOD,)], ids=["nothing", "a_body"])
async def test_what_follows_the_last_chunk_has_an_end(yard: Yard, path: str, chunks: tuple[bytes, ...]):
    reader, writer = await yard.asked(_chunked(yard, path, *chunks) + b"0\r\nx-a: ")

    assert await _pieces_taken(reader, writer, b"a" * PIECE, FAR) < FAR


async def test_a_request_has_an_end_whatever_it_is_made_of(yard: Yard):
    reader, writer = await yard.asked(_chunked(yard, "/nothing"))
    chunk = b"%x\r\n%b\r\n" % (65_536, b"a" * 65_536)
    far = 2 * MOST // len(chunk)

    assert await _pieces_taken(reader, writer, chunk, far) < far


async def test_chunks_that_come_one_by_one_are_a_body_however_many(yard: Yard):
    reader, writer = await yard.asked(_chunked(yard, LANE))
    for place in range(0, len(GOOD), 4):
        writer.write(b"4;" + b"x" * 4_000 + b"\r\n" + GOOD[place : place + 4].ljust(4) + b"\r\n")
        await asyncio.sleep(0.005)
    writer.write(b"0\r\nx-sum: 1\r\n\r\n")

    assert "errors" not in (await read(reader))[1]


async def test_what_is_too_long_is_told_before_it_ends_anything(yard: Yard):
    reader, writer = await yard.asked(_chunked(yard, LANE))
    for _ in range(10):
        writer.write(b"%x\r\n%b\r\n" % (65_536, b" " * 65_536))
    writer.write(b"0\r\n\r\n")

    head, _ = await read(reader)
    writer.write(yard.post(GOOD))

    assert head.startswith(b"HTTP/1.1 413 ")
    assert "errors" not in (await asyncio.wait_for(read(reader), SLOW))[1]
