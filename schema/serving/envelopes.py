"""Around every answer that goes by ASGI: its request's id, a header or two, and one line in the log."""

import logging
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .answers import of_bug
from .logs import note_request
from .requests import Headers, Message, Receive, Scope, Send, headers_of

SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
NO_SNIFFING = (b"x-content-type-options", b"nosniff")
STARTS = ("http.response.start", "websocket.accept")

log = logging.getLogger(__name__)


class Envelope:
    """Plain ASGI, outermost. Puts `request_id`, `headers` and `facts` (for the log) into the request's state."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], lane: Any) -> None:
        """Take what answers, and the lane that our own server may take past it."""
        self._app = app
        self.lane = lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and log that."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope["headers"])
        request_id = request_id_of(headers)
        facts: dict[str, object] = {}
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, "headers": headers, "facts": facts}
        begun, status = time.perf_counter(), 0

        def sent(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] in STARTS:
                status = message.get("status", 101)
                message["headers"] = [*message.get("headers", ()), *headers_of_all(request_id)]
            return send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:
            log.exception("unexpected", extra={"request_id": request_id})
            if not status and scope["type"] == "http":
                await of_bug(request_id).send(sent)
        finally:
            note_request(request_id, scope.get("method", "WEBSOCKET"), scope["path"], status, begun, facts)


def headers_of_all(request_id: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that every answer has."""
    return ((b"x-request-id", request_id.encode()), NO_SNIFFING)


def request_id_of(headers: Headers) -> str:
    """Return the client's id where it is short and plain, so that no log line can be forged with it; else a new one."""
    given = headers.get(b"x-request-id")
    return given.decode() if given and SANE.fullmatch(given) else os.urandom(16).hex()
