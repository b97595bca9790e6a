"""What goes back over HTTP: bytes, a status, and headers that say what the bytes are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError

from schema.executions import OUTAGE, OUTAGE_MESSAGE, told

from .requests import JSON, RESPONSE_JSON, Refused, Send

LATER = {"retry-after": "1"}
NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"  # Apollo's links send the text after it, and expect a 200


@dataclass(slots=True)
class Answer:
    """A whole response."""

    status: int
    body: bytes
    media: str
    headers: Mapping[str, str] | None = None

    def head(self) -> list[tuple[bytes, bytes]]:
        """Return its headers."""
        headers = [_content_type(self.media), (b"content-length", b"%d" % len(self.body))]
        if self.headers:
            headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        return headers

    async def send(self, send: Send) -> None:
        """Send it as ASGI wants it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.head()})
        await send({"type": "http.response.body", "body": self.body})


@cache
def _content_type(media: str) -> tuple[bytes, bytes]:
    return b"content-type", f"{media}; charset=utf-8".encode()


def of_result(result: ExecutionResult, media: str, request_id: str) -> Answer:
    """Return the answer to an operation. One that never ran has no `data`, and is a 400 where the client knows why."""
    errors = told(result.errors or (), request_id)
    if result.data is None and not any(error.path for error in errors):
        return of_errors(errors, media, request_id)
    body: dict[str, Any] = {"data": result.data}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    is_down = any((error.extensions or {}).get("code") == OUTAGE for error in errors)
    status, headers = (503, LATER) if is_down else (200, None)
    return Answer(status, orjson.dumps(body, option=orjson.OPT_UTC_Z), media, headers)


def of_errors(errors: Sequence[GraphQLError], media: str, request_id: str) -> Answer:
    """Return the answer to a document that cannot be run."""
    body = orjson.dumps({"errors": [error.formatted for error in told(errors, request_id)]})
    asked_again = any((error.extensions or {}).get("code") == NOT_FOUND for error in errors)
    return Answer(400 if media == RESPONSE_JSON and not asked_again else 200, body, media)


def of_refusal(refused: Refused, media: str, request_id: str) -> Answer:
    """Return the answer to a request that cannot be read, in the shape that GraphQL clients expect."""
    facts: dict[str, Any] = {"code": refused.code, "requestId": request_id}
    if refused.code == OUTAGE:
        facts["retryable"] = True
    body = orjson.dumps({"errors": [{"message": refused.message, "extensions": facts}]})
    return Answer(refused.status, body, media, refused.headers)


def of_bug(request_id: str) -> Answer:
    """Return what clients of REST may know of a bug: where the log has the rest."""
    facts = {"requestId": request_id}
    return of_json({"error": "Internal server error", "code": "INTERNAL_SERVER_ERROR", "details": facts}, 500)


def of_outage(request_id: str) -> Answer:
    """Return what clients of REST may know while the database does not answer."""
    return of_json({"error": OUTAGE_MESSAGE, "code": OUTAGE, "details": {"requestId": request_id}}, 503, LATER)


def of_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return plain JSON."""
    return Answer(status, orjson.dumps(body), JSON, headers)
