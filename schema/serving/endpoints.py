"""GraphQL over HTTP: one POST, one answer; by plain ASGI, or in the lane of our own server (lanes)."""

import logging
from typing import Any

from graphql import OperationType

from db.outages import is_outage
from resolvers.viewers import Unauthenticated
from schema.executions import OUTAGE, OUTAGE_MESSAGE, Executions

from .answers import LATER, Answer, of_errors, of_refusal, of_result
from .ide import Ide
from .requests import (
    Call,
    Headers,
    Receive,
    Refused,
    Scope,
    Send,
    accepted,
    check_media,
    credential,
    parse,
    read_body,
)

log = logging.getLogger(__name__)


class GraphQLEndpoint:
    """`POST /graphql`, and the page that `GET /graphql` shows to a browser."""

    def __init__(self, executions: Executions, ide: Ide | None) -> None:
        """Take what runs operations, and the page, where it is shown."""
        self._executions = executions
        self._ide = ide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong, the answer is GraphQL's JSON."""
        state, method = scope["state"], scope["method"]
        if self._ide and _is_browser(method, state["headers"]):
            answer = self._ide.page()
        else:
            call = Call(state["rooms"], method, state["headers"], state["request_id"], state["facts"])
            answer = await self.answer(call, receive)
        await answer.send(send)

    async def answer(self, call: Call, body: bytes | Receive) -> Answer:
        """Return the answer to a call, whose body has come or is to be received."""
        media = accepted(call.headers.get(b"accept", b""))
        try:
            return await self._answer(call, body, media)
        except Refused as refused:
            return of_refusal(refused, media, call.request_id)
        except Unauthenticated as nobody:
            refused = Refused(401, nobody.code, nobody.message, www_authenticate="Bearer")
        except Exception as error:
            log.exception("unexpected", extra={"request_id": call.request_id})
            refused = _unforeseen(error)
        return of_refusal(refused, media, call.request_id)

    async def _answer(self, call: Call, body: bytes | Receive, media: str) -> Answer:
        if call.method != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "GraphQL is asked by POST.", allow="POST")
        viewer = await call.rooms.viewers.viewer(credential(call.headers))
        check_media(call.headers)
        asked = parse(body if isinstance(body, bytes) else await read_body(body))
        operation = self._executions.choose(
            asked.query, asked.operation_name, asked.variables, asked.sha256, kind=viewer.kind
        )
        if isinstance(operation, list):
            return of_errors(operation, media, call.request_id)
        call.facts["document"], call.facts["operation"] = operation.digest, operation.name
        if operation.kind is OperationType.SUBSCRIPTION:
            raise Refused(400, "SUBSCRIPTION_NEEDS_WEBSOCKET", "Subscriptions are sent over a WebSocket.")
        context = call.rooms.context(viewer, call.request_id)
        written = await self._executions.bytes(operation, asked.variables, context)
        if written is not None:
            return Answer(200, written, media)
        result = await self._executions.answer(operation, asked.variables, context)
        return of_result(result, media, call.request_id)


def before(site: Any, graphql: GraphQLEndpoint, path: str) -> Any:
    """Return the site with GraphQL before it: it needs no router, and what stands before it every request pays."""

    def door(scope: Scope, receive: Receive, send: Send) -> Any:
        ahead = graphql if scope["type"] == "http" and scope["path"] == path else site
        return ahead(scope, receive, send)

    return door


def _unforeseen(error: Exception) -> Refused:
    if is_outage(error):
        return Refused(503, OUTAGE, OUTAGE_MESSAGE, **LATER)
    return Refused(500, "INTERNAL_SERVER_ERROR", "Internal server error")


def _is_browser(method: str, headers: Headers) -> bool:
    return method == "GET" and b"text/html" in headers.get(b"accept", b"").lower()
