"""GraphQL over HTTP: one POST, one answer. Plain ASGI, so that nothing stands before it."""

import logging
from typing import Any

from graphql import OperationType

from db.outages import is_outage
from resolvers.rooms import Rooms
from resolvers.viewers import Unauthenticated
from schema.executions import OUTAGE, OUTAGE_MESSAGE, Executions

from .answers import LATER, Answer, of_errors, of_refusal, of_result
from .ide import Ide
from .requests import (
    WHOLE,
    Headers,
    Receive,
    Refused,
    Scope,
    Send,
    accepted,
    body_at_hand,
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
        headers, request_id = scope["state"]["headers"], scope["state"]["request_id"]
        media = accepted(headers.get(b"accept", b""))
        try:
            if self._ide and _is_browser(scope, headers):
                answer = self._ide.page()
            else:
                answer = await self._answer(scope, headers, receive, media)
        except Refused as refused:
            answer = of_refusal(refused, media, request_id)
        except Unauthenticated as nobody:
            refused = Refused(401, nobody.code, nobody.message, www_authenticate="Bearer")
            answer = of_refusal(refused, media, request_id)
        except Exception as error:
            log.exception("unexpected", extra={"request_id": request_id})
            answer = of_refusal(_unforeseen(error), media, request_id)
        await answer.send(send, whole=WHOLE in scope.get("extensions", ()))

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, media: str) -> Answer:
        if scope["method"] != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "GraphQL is asked by POST.", allow="POST")
        state = scope["state"]
        rooms: Rooms = state["rooms"]
        request_id: str = state["request_id"]
        viewer = await rooms.viewers.viewer(credential(headers))
        check_media(headers)
        asked = parse(body_at_hand(scope) or await read_body(receive))
        operation = self._executions.choose(asked.query, asked.operation_name, asked.sha256, kind=viewer.kind)
        if isinstance(operation, list):
            return of_errors(operation, media, request_id)
        facts = state["facts"]
        facts["document"], facts["operation"] = operation.digest, operation.name
        if operation.kind is OperationType.SUBSCRIPTION:
            raise Refused(400, "SUBSCRIPTION_NEEDS_WEBSOCKET", "Subscriptions are sent over a WebSocket.")
        context = rooms.context(viewer, request_id)
        body = await self._executions.bytes(operation, asked.variables, context)
        if body is not None:
            return Answer(200, body, media)
        result = await self._executions.answer(operation, asked.variables, context)
        return of_result(result, media, request_id)


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


def _is_browser(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"").lower()
