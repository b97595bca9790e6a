"""The limit: a bare ASGI application that knows the documents by heart and spends nothing on GraphQL.

`ANSWERS=texts` lets PostgreSQL write the JSON, `rows` shapes rows by hand; per document the better one counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import orjson

from bench.documents import DOCUMENTS, GROWING, LISTS
from bench.tokens import Tokens
from psa.hub import BadToken

from . import rows, texts
from .stores import open_store

if TYPE_CHECKING:
    from .statements import Statement

WAY: Any = {"rows": rows, "texts": texts}[os.environ["ANSWERS"]]
ANSWERS = {document: getattr(WAY, name) for name, document in DOCUMENTS.items() if name != "list"}
ANSWERS |= {LISTS[f"list {size}"]: WAY.lists(size) for size in GROWING}  # 50 is the document `list` itself

tokens, store = Tokens(), open_store(os.environ["DATABASE_URL"])


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer one POST."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    try:
        caller = tokens.caller(scope["headers"])
    except (BadToken, KeyError):
        await _send(send, 401, b"{}")
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    asked = orjson.loads(body)

    async def fetch(known: Statement, *args: Any, everybody: bool = False) -> Any:
        if caller.sees_all or everybody:
            return await store.fetch(known.owner, caller.org, *args)
        return await store.fetch(known.member, caller.org, *args, caller.user)

    answer = await ANSWERS[asked["query"]](fetch, asked["variables"])
    text = orjson.dumps({"data": answer}) if WAY is rows else b'{"data":%b}' % answer.encode()
    await _send(send, 200, text)


async def _send(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await store.open()
            await send({"type": "lifespan.startup.complete"})
        else:
            await store.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
