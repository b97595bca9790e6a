"""The application on a server in this process, its packets noted, and a client that writes HTTP by hand."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn

from app import create_app
from db.organizations import Role
from db.session import Database
from schema.serving.lanes import LaneProtocol
from tests import given
from tests.wire.serving import connect, settings, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LANE, AROUND = "/graphql", "/graphql?"
SLOW = 5  # seconds; what takes longer is not answered at all


class Yard:
    """The application on a server in this process: what it wrote, packet by packet, and how many took the lane."""

    def __init__(self, place: given.Workplace, key: str) -> None:
        self.place, self.key = place, key
        self.clients: list[asyncio.StreamWriter] = []
        self.packets: list[bytes] = []
        self.in_lane = 0
        self.server: Any = None
        self.port = 0

    @property
    def session(self) -> str:
        return f"authorization: Bearer {token(self.place.org, self.place.users[Role.OWNER])}"

    def post(self, body: bytes | str, *headers: str, path: str = LANE, version: str = "1.1") -> bytes:
        """Return a request of the owner's, unless other credentials are named."""
        raw = body if isinstance(body, bytes) else body.encode()
        shown = headers if any(name.startswith(("authorization", "x-integration")) for name in headers) else (
            self.session, *headers)  # fmt: skip
        typed = shown if any(name.startswith("content-type") for name in headers) else (
            "content-type: application/json", *shown)  # fmt: skip
        lines = [f"POST {path} HTTP/{version}", "host: here", *typed, f"content-length: {len(raw)}", "", ""]
        return "\r\n".join(lines).encode() + raw

    async def asked(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        writer.write(request)
        await writer.drain()
        return reader, writer

    async def answer(self, request: bytes) -> tuple[set[bytes], Any]:
        """Return the lines of the head, but of the date and the id only that they are there, and the body."""
        reader, writer = await self.asked(request)
        head, body = await read(reader)
        writer.close()
        await writer.wait_closed()
        return lines(head), body


async def read(reader: asyncio.StreamReader) -> tuple[bytes, Any]:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SLOW)
    (size,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    body = orjson.loads(await reader.readexactly(size))
    for error in body.get("errors", ()):
        assert error["extensions"].pop("requestId")
    return head, body


def lines(head: bytes) -> set[bytes]:
    kept = [line for line in head.split(b"\r\n") if line]
    assert len(kept) == len(set(kept))
    # Of an error the length is the same, too: the ids in it are of one length.
    return {line.split(b":")[0] if line.startswith((b"date:", b"x-request-id:")) else line for line in kept}


def asks(query: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


def noted(yard: Yard) -> type[LaneProtocol]:
    """Return the protocol, which tells the yard what it does."""

    class Noted(LaneProtocol):
        def connection_made(self, transport: Any) -> None:
            wire: Any = Wire(transport, yard.packets)
            super().connection_made(wire)

        def _begin(self, headers: Any, body: bytes) -> None:
            yard.in_lane += 1
            super()._begin(headers, body)

    return Noted


NAME = "query named { projects(first: 1) { nodes { name } } }"
DESCRIPTION = "query q($id: ID!) { project(id: $id) { description } }"
GOOD = asks(NAME)


@asynccontextmanager
async def opened(url: str, **chosen: Any) -> AsyncIterator[Yard]:
    database = Database(url)
    place = await given.workplace(database)
    key = f"canary-integration-key-of-{place.org}"
    await connect(database, place, "http://127.0.0.1:9", key)
    yard = Yard(place, key)
    app = create_app(settings(url, **chosen))
    at = socket.create_server(("127.0.0.1", 0))
    yard.port = at.getsockname()[1]
    http = partial(noted(yard), app.lane)
    manner: Any = {"http": http, "lifespan": "on", "log_config": None, "server_header": False, "timeout_keep_alive": 60}
    yard.server = uvicorn.Server(uvicorn.Config(app, **manner))
    serving = asyncio.create_task(yard.server._serve([at]))
    while not yard.server.started:
        await asyncio.sleep(0.01)
    try:
        yield yard
    finally:
        for writer in yard.clients:
            writer.close()
        yard.server.should_exit = True
        await serving
        await database.close()


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
