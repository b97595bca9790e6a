"""Around every answer: its request's id, a header or two, and one line in the log."""

import logging
import os
import re
import time
from collections.abc import Awaitable, Callable

from .answers import of_bug
from .logs import note_request
from .requests import Message, Receive, Scope, Send

SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
NO_SNIFFING = (b"x-content-type-options", b"nosniff")
STARTS = ("http.response.start", "websocket.accept")

log = logging.getLogger(__name__)


class Envelope:
    """Plain ASGI, outermost. Puts `request_id` and `facts` (for the log) into the request's state."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        """Take what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and log that."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        facts: dict[str, object] = {}
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, "facts": facts}
        begun, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] in STARTS:
                status = message.get("status", 101)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode()), NO_SNIFFING]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:
            log.exception("unexpected", extra={"request_id": request_id})
            if not status and scope["type"] == "http":
                await of_bug(request_id).send(sent)
        finally:
            facts |= {
                "request_id": request_id, "method": scope.get("method", "WEBSOCKET"), "path": scope["path"],
                "status": status, "milliseconds": round((time.perf_counter() - begun) * 1000, 1),
            }  # fmt: skip
            note_request(facts)


def _request_id(scope: Scope) -> str:
    """Return the client's id where it is short and plain, so that no log line can be forged with it; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and SANE.fullmatch(value):
            return value.decode()
    return os.urandom(16).hex()
