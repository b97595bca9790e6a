"""Answers nobody can read, or nobody should: by name, made from the body that would have been sent."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

FAR_TOO_MUCH = 50_000_000


def _json(body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers=headers)


def _twice(body: bytes) -> web.Response:
    answer = _json(body)
    for name in ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"):
        answer.headers.extend([(name, "1"), (name, "many")])
    return answer


GARBAGE: dict[str, Callable[[bytes], web.Response]] = {
    "html": lambda _: web.Response(text="<html><h1>Welcome to the proxy</h1></html>", content_type="text/html"),
    "truncated": lambda body: _json(body[: len(body) // 2]),
    "empty": lambda _: _json(b""),
    "no_id": lambda body: _json(json.dumps({**json.loads(body), "id": None}).encode()),
    "other": lambda body: _json(json.dumps({**json.loads(body), "id": "x-1", "externalRef": "of:another"}).encode()),
    "deep": lambda _: _json(b"[" * 200_000),
    "charset": lambda _: _json('{"id": "é"}'.encode("latin-1")),
    "huge": lambda body: _json(b" " * FAR_TOO_MUCH + body),
    "bomb": lambda _: _json(gzip.compress(bytes(FAR_TOO_MUCH)), {"Content-Encoding": "gzip"}),
    "headers": lambda body: _json(body, {f"X-Noise-{number}": "1" for number in range(200)}),
    "twice": _twice,
    "redirect": lambda _: web.Response(status=307, headers={"Location": "http://169.254.169.254/latest"}),
}


async def dripping(body: bytes, request: web.Request) -> web.StreamResponse:
    """Send one byte a second, for as long as somebody listens."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await answer.prepare(request)
    with suppress(ConnectionResetError):
        for byte in body:
            await answer.write(bytes([byte]))
            await asyncio.sleep(1)
    return answer
