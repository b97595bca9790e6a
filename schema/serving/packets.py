"""An answer in one packet: Uvicorn writes its head and its body apart, and each would wake the client for itself."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


class Gathering:
    """A transport whose second write takes the first along; one that stays alone leaves with the turn of the loop."""

    def __init__(self, transport: Any) -> None:
        """Take the transport that sends."""
        self.sending = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send this with what is held, or hold it."""
        held = self._held
        if held:
            self._held = b""
            self.sending.writelines((held, data))
        else:
            self._held = data
            self._soon(self._let_go)

    def close(self) -> None:
        """Send what is held, and close when it has left."""
        self._let_go()
        self.sending.close()

    def _let_go(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self.sending.write(held)

    def __getattr__(self, name: str) -> Any:
        """Leave all the rest to the transport."""
        return getattr(self.sending, name)


class GatheringProtocol(AutoHTTPProtocol):
    """Uvicorn's HTTP over such a transport; WebSockets, which write whole messages, get the transport itself."""

    transport: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to gather."""
        super().connection_made(Gathering(transport))  # pyright: ignore[reportArgumentType] - it is one in all but name

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Gather no more."""
        self.transport = self.transport.sending
        super().handle_websocket_upgrade(*event)  # pyright: ignore[reportAttributeAccessIssue] - both of Uvicorn's have it
