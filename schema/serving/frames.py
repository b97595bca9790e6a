"""How a WebSocket's messages go out: as text, and a close with a reason that fits."""

from collections.abc import Mapping

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected

LONGEST_REASON = 120  # bytes; a close frame has room for 123


class Frames(ASGIWebSocketAdapter):
    """Strawberry's way to a socket, with what browsers' clients need."""

    ws: WebSocket

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send text: browsers' clients refuse binary frames, which bytes would become. Raise WebSocketDisconnected."""
        try:
            await self.ws.send_text(orjson.dumps(message).decode())
        except WebSocketDisconnect as gone:
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        """Close, with as much of the reason as a frame holds."""
        await self.ws.close(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))
