"""Clients that ask and do not read, over HTTP: what they may have waiting, and for how long."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from schema.serving.bounds import MOST_WAITING
from schema.serving.silences import Silences
from tests.wire.yards import SLOW, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.wire.yards import Yard

LITTLE = 4_096  # bytes that the kernel may hold for a socket; it takes some more
PATIENCE = 0.5  # seconds
LIVEZ = b"GET /livez HTTP/1.1\r\nhost: here\r\n\r\n"
CONTRACT = b"GET /schema.graphql HTTP/1.1\r\nhost: here\r\n\r\n"
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@asynccontextmanager
async def _mute(yard: Yard, request: bytes, patience: float = PATIENCE) -> AsyncIterator[socket.socket]:
    """Ask on a connection in which hardly anything has room, and of which the server is tired soon."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", yard.port))
        (connection,) = await _connections(yard, 1)
        connection.patience = patience
        connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)
        await loop.sock_sendall(client, request)
        yield client


async def _connections(yard: Yard, wanted: int) -> list[Any]:
    """Wait until the server has so many connections, and return them."""
    found = yard.server.server_state.connections
    async with asyncio.timeout(SLOW):
        while len(found) != wanted:
            await asyncio.sleep(0.01)
    return list(found)


@pytest.mark.parametrize("header", ["accept: */*", "connection: close"], ids=["kept", "to_be_closed"])
async def test_who_reads_nothing_is_cut_off(yard: Yard, described: Any, header: str):
    request = (await described(1_000_000)).replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)
    async with _mute(yard, request):
        await asyncio.sleep(PATIENCE / 2)
        await _connections(yard, 1)

        await _connections(yard, 0)


async def test_who_reads_slowly_is_not(yard: Yard, described: Any):
    loop = asyncio.get_running_loop()
    async with _mute(yard, await described(300_000)) as client:
        received, waited = 0, 0.0
        while waited < 5 * PATIENCE:
            received += len(await loop.sock_recv(client, 8_192))
            await asyncio.sleep(PATIENCE / 5)
            waited += PATIENCE / 5
        while received < 300_000:
            more = await asyncio.wait_for(loop.sock_recv(client, 65_536), SLOW)
            assert more
            received += len(more)


async def test_what_is_left_may_be_little(yard: Yard, described: Any):
    silences = Silences()
    async with _mute(yard, await described(50_000)):
        await asyncio.sleep(0.3)
        (connection,) = await _connections(yard, 1)
        assert connection.transport.get_write_buffer_size() > 0
        assert not connection.flow.write_paused
        silences.look([connection])
        silences.look([connection])

        await _connections(yard, 0)


async def test_who_reads_what_is_left_is_not_silent(yard: Yard, described: Any):
    silences, loop = Silences(), asyncio.get_running_loop()
    async with _mute(yard, await described(50_000)) as client:
        for _ in range(3):
            await asyncio.sleep(0.2)
            silences.look(yard.server.server_state.connections)
            await loop.sock_recv(client, 8_192)
        await asyncio.sleep(0.2)

        await _connections(yard, 1)


async def test_a_hundred_requests_may_wait_and_no_more(yard: Yard):
    few, _ = await yard.asked(LIVEZ * (1 + MOST_WAITING))
    for _ in range(1 + MOST_WAITING):
        await read(few)

    many, _ = await yard.asked(LIVEZ * (2 + MOST_WAITING))
    assert await asyncio.wait_for(many.read(), SLOW) == b""


async def test_thousands_of_requests_in_one_read_wait_for_nobody(yard: Yard):
    async with _mute(yard, CONTRACT * 1_000, patience=10 * SLOW):
        await _connections(yard, 0)


@pytest.mark.parametrize(("before", "status"), [(b"", b"101"), (LIVEZ, b"400")], ids=["alone", "behind_another"])
async def test_a_websocket_begins_when_all_else_is_answered(yard: Yard, before: bytes, status: bytes):
    reader, _ = await yard.asked(before + HANDSHAKE)

    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)).split()[1] == status
