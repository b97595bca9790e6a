"""How a fault looks on the wire: silence, a cut line, another status, or an answer nobody can read."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from .calls import Refused
from .garbage import GARBAGE, dripping

if TYPE_CHECKING:
    from aiohttp import web

    from .store import Document


class Cut(Exception):
    """The line is cut: no answer will come."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self.reset = reset


async def before(fault: Document) -> None:
    """Play what happens before the call has any effect."""
    match fault:
        case {"do": "refuse"}:
            raise Cut(reset=True)
        case {"do": "drop_before_commit"}:
            raise Cut(reset=False)
        case {"do": "delay", "ms": ms} if fault.get("when") != "after":
            await asyncio.sleep(ms / 1000)
        case {"do": "rate_limit"}:
            wait = fault.get("retryAfter", 1)
            raise Refused(429, "RATE_LIMIT_EXCEEDED", "Too many calls", headers={"Retry-After": str(wait)})
        case {"do": "status"} if fault.get("when") != "after":
            raise Refused(fault.get("status", 500), "INTERNAL_ERROR", "Something went wrong")


async def after(fault: Document, answer: web.Response, request: web.Request) -> web.StreamResponse:
    """Play what happens once the effect is committed."""
    match fault:
        case {"do": "drop_after_commit"}:
            raise Cut(reset=False)
        case {"do": "delay", "ms": ms, "when": "after"}:
            await asyncio.sleep(ms / 1000)
        case {"do": "status", "when": "after"}:
            raise Refused(fault.get("status", 500), "INTERNAL_ERROR", "Something went wrong")
        case {"do": "garbage"}:
            body = answer.body if isinstance(answer.body, bytes) else b"{}"
            if fault.get("kind") == "slow":
                return await dripping(body, request)
            return GARBAGE[fault.get("kind", "html")](body)
    return answer


def cut(request: web.Request, *, reset: bool) -> None:
    """Close the line without an answer: by a reset (RST), or as if the server had simply gone (FIN)."""
    if request.transport is None:
        return
    if reset:
        line = request.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
