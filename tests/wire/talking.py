"""A client of the WebSocket, for tests: who speaks graphql-transport-ws by hand sees every message."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from db.organizations import Role
from tests.wire.serving import token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.given import Workplace
    from tests.wire.serving import ServerProcess

PATIENCE = 20  # seconds


@asynccontextmanager
async def socket_to(
    server: ServerProcess, protocol: str = "graphql-transport-ws", origin: websockets.Origin | None = None
) -> AsyncIterator[ClientConnection]:
    """Connect, and say nothing yet."""
    url = f"{server.url.replace('http', 'ws')}/graphql"
    async with connect(url, subprotocols=[websockets.Subprotocol(protocol)], origin=origin) as socket:
        yield socket


@asynccontextmanager
async def opened(
    server: ServerProcess, place: Workplace, shown: str | None = None, role: Role = Role.OWNER
) -> AsyncIterator[ClientConnection]:
    """Connect as somebody of an organisation, or with the token shown."""
    async with socket_to(server) as socket:
        bearer = f"Bearer {shown or token(place.org, place.users[role])}"
        await say(socket, type="connection_init", payload={"Authorization": bearer})
        assert await heard(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, query: str, id_: str = "1", **variables: Any) -> None:
    await say(socket, type="subscribe", id=id_, payload={"query": query, "variables": variables})


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        text = await socket.recv()
    assert isinstance(text, str), "browsers refuse binary frames"
    return json.loads(text)


async def event(socket: ClientConnection) -> Any:
    """Hear the next event of a subscription with one root field."""
    said = await heard(socket)
    assert said["type"] == "next", said
    assert "errors" not in said["payload"], said
    (data,) = said["payload"]["data"].values()
    return data


async def events(socket: ClientConnection) -> list[Any]:
    """Hear what is left of the only subscription."""
    found = []
    while (said := await heard(socket))["type"] == "next":
        (data,) = said["payload"]["data"].values()
        found.append(data)
    assert said["type"] == "complete", said
    return found


async def close_code(socket: ClientConnection) -> int:
    """Wait for the other side's end, and return why."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(PATIENCE):
            while True:
                await socket.recv()  # what was said before the end
    assert socket.close_code is not None
    return socket.close_code
