"""How many sockets may be open, and what becomes of a client that does not read, over real connections."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import websockets
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from db.organizations import Role
from db.session import Database
from schema.serving.patience import LAST_WORDS, PATIENCE, TOO_SLOW
from schema.serving.places import BUSY, OF_A_PERSON, YOURS
from tests import given
from tests.wire.serving import server_process, token
from tests.wire.talking import close_code, heard, opened, say, socket_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.given import Workplace
    from tests.wire.serving import ServerProcess

LONG = "{ __schema { types { name description fields { name description args { name description } } } } }"
MARGIN = 3  # seconds for a busy machine
OPEN_AT_ONCE = 24
# What is sent comes from no database: ten seconds of waiting on one of them say as much as on two.
ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Mute:
    """A client on a bare TCP connection, which reads only when it is told to."""

    def __init__(self, server: ServerProcess) -> None:
        uri = parse_uri(f"{server.url.replace('http', 'ws')}/graphql")
        self._said = ClientProtocol(uri, subprotocols=[websockets.Subprotocol("graphql-transport-ws")])
        self._tcp = socket.create_connection((uri.host, uri.port))
        self._tcp.setblocking(False)
        self.ports = uri.port, self._tcp.getsockname()[1]
        self.heard: list[Any] = []

    async def open(self, place: Workplace) -> None:
        """Shake hands, and come in as the owner."""
        self._said.send_request(self._said.connect())
        await self.send()
        while not self.heard:
            await self.read()
        self.say(
            type="connection_init", payload={"Authorization": f"Bearer {token(place.org, place.users[Role.OWNER])}"}
        )
        await self.send()
        while self.heard[-1] != {"type": "connection_ack"}:
            await self.read()

    def say(self, **message: Any) -> None:
        self._said.send_text(orjson.dumps(message))

    async def send(self) -> None:
        await asyncio.get_running_loop().sock_sendall(self._tcp, b"".join(self._said.data_to_send()))

    async def ask(self, times: int) -> None:
        """Ask for much, as often as the limit on operations lets it."""
        for number in range(times):
            self.say(type="subscribe", id=str(number), payload={"query": LONG})
        await self.send()

    async def read(self) -> bool:
        """Read something; tell whether there may be more."""
        received = await asyncio.get_running_loop().sock_recv(self._tcp, 65_536)
        self._said.receive_data(received) if received else self._said.receive_eof()
        for event in self._said.events_received():
            text = isinstance(event, Frame) and event.opcode is Opcode.TEXT
            self.heard.append(orjson.loads(event.data) if text and event.fin else event)  # type: ignore[union-attr]
        return bool(received)

    async def read_all(self, answers: int) -> None:
        """Read until so many operations have been completed."""
        while sum(isinstance(said, dict) and said["type"] == "complete" for said in self.heard) < answers:
            await self.read()

    async def ping(self, times: int) -> None:
        for _ in range(times):
            self._said.send_ping(bytes(119))
        await self.send()

    @property
    def is_held(self) -> bool:
        """Tell whether the server still has its end open; what the kernel keeps alone has no inode."""
        ends = [f":{port:04X}" for port in self.ports]
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(row[1][8:] == ends[0] and row[2][8:] == ends[1] and row[9] != "0" for row in rows)

    @property
    def end(self) -> tuple[int, str] | None:
        """Return code and reason of the close frame, if one was read."""
        said = self._said.close_rcvd
        return said and (said.code, said.reason)

    def close(self) -> None:
        self._tcp.close()


@pytest.fixture(scope="module")
async def place(database_url: str) -> AsyncIterator[Workplace]:
    """Store an organisation."""
    database = Database(database_url)
    yield await given.workplace(database)
    await database.close()


@pytest.fixture(scope="module")
async def server(database_url: str) -> AsyncIterator[ServerProcess]:
    """Serve it with few places, and with answers that are long."""
    async with server_process(database_url, sockets=OPEN_AT_ONCE, introspection=1) as process:
        yield process


async def test_a_person_has_twenty_sockets_and_is_told_to_close_one(server: ServerProcess, place: Workplace):
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(server, place)) for _ in range(OF_A_PERSON)]
        refused = await _refusal(server, place)
        other = await stack.enter_async_context(opened(server, place, role=Role.MEMBER))
        await say(other, type="ping")
        answer = await heard(other)
        await sockets[0].close()
        await _let_in(server, place, 5)

    assert refused == (1013, YOURS)
    assert answer == {"type": "pong"}


async def test_a_full_process_says_so_to_whoever_comes_and_takes_him_later(server: ServerProcess, place: Workplace):
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(socket_to(server)) for _ in range(OPEN_AT_ONCE)]
        async with socket_to(server) as one_more:
            code, reason = await close_code(one_more), one_more.close_reason
        await sockets[0].close()
        await _let_in(server, place, 5)

    assert (code, reason) == (1013, BUSY)


@ONCE
async def test_who_reads_nothing_is_cut_off_in_ten_seconds_and_who_reads_late_is_not(
    server: ServerProcess, place: Workplace
):
    mute, late = Mute(server), Mute(server)
    for client in (mute, late):
        await client.open(place)
        await client.ask(20)
    await asyncio.sleep(1)
    await late.read_all(20)

    held = mute.is_held
    async with asyncio.timeout(PATIENCE + LAST_WORDS + MARGIN):
        while mute.is_held:
            await asyncio.sleep(0.05)
    await late.ask(1)
    await late.read_all(21)

    assert held
    assert (late.end, late.is_held) == (None, True)
    mute.close()
    late.close()


@ONCE
async def test_who_begins_to_read_before_that_hears_why(database_url: str, place: Workplace):
    async with server_process(database_url, sockets=1, introspection=1) as server:
        client = Mute(server)
        await client.open(place)
        await client.ask(20)

        await _let_in(server, place, PATIENCE + LAST_WORDS + MARGIN)
        while await client.read():
            pass

    assert client.end == (1013, TOO_SLOW)
    client.close()


async def test_pings_whose_answers_nobody_reads_fill_no_memory(server: ServerProcess, place: Workplace):
    client = Mute(server)
    await client.open(place)
    await client.ask(20)
    await asyncio.sleep(1)
    before = server.memory()

    for _ in range(12):
        await client.ping(8_000)  # a megabyte
    grown = server.memory() - before

    assert client.is_held
    assert grown < 5_000_000
    client.close()


async def _refusal(server: ServerProcess, place: Workplace) -> tuple[int, str | None]:
    async with socket_to(server) as one_more:
        bearer = f"Bearer {token(place.org, place.users[Role.OWNER])}"
        await say(one_more, type="connection_init", payload={"Authorization": bearer})
        return await close_code(one_more), one_more.close_reason


async def _let_in(server: ServerProcess, place: Workplace, seconds: float) -> None:
    """Come again until there is a place."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                async with opened(server, place):
                    return
            except ConnectionClosed:
                await asyncio.sleep(0.05)
