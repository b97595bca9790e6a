"""What arrives by HTTP, judged before anything runs: method, media type, size, shape."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from resolvers.rooms import Rooms
from resolvers.viewers import Credential, bearer, integration_key, session
from schema.gate import NO_NUL

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[bytes, bytes]

BODY_LIMIT = 256 * 1024
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # behind a backslash that is escaped it is text
BODY_SECONDS = 10.0
MANNERS = 32  # media types and the like that are remembered; clients are of few kinds
RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"


class Refused(Exception):
    """A request that no document's errors are needed for; answered with this status under every media type."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(slots=True)
class Asked:
    """A well-formed GraphQL request; what it asks for never goes into a log."""

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] | None = field(default=None, repr=False)
    sha256: str | None = None


@dataclass(slots=True)
class Call:
    """A request to GraphQL, whichever way it came; `facts` are for the log."""

    rooms: Rooms
    method: str
    headers: Headers
    request_id: str
    facts: dict[str, object] = field(default_factory=dict)


def headers_of(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Return headers, whose names are in lower case, by name; several of one name are joined (RFC 9110)."""
    found = dict(raw)
    if len(found) == len(raw):
        return found
    values: dict[bytes, list[bytes]] = {}
    for name, value in raw:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(several) for name, several in values.items()}


def credential(headers: Headers) -> Credential | None:
    """Return what the caller shows: a session as `Authorization: Bearer`, or an `X-Integration-Key`."""
    shown = headers.get(b"authorization")
    if shown is not None:
        token = bearer(shown.decode("latin-1"))
        return session(token) if token else None
    key = headers.get(b"x-integration-key")
    return integration_key(key.decode("latin-1")) if key else None


def check_media(headers: Headers) -> None:
    """Raise 415 for anything but plain JSON in UTF-8."""
    _check_media(headers.get(b"content-type", b""), headers.get(b"content-encoding", b"identity"))


@lru_cache(MANNERS)
def _check_media(content_type: bytes, encoding: bytes) -> None:
    kind, parameters = _media_type(content_type.decode("latin-1"))
    if kind != JSON:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"The body must be {JSON}.", accept_post=JSON)
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be UTF-8.", accept_post=JSON)
    if encoding.lower() != b"identity":
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "The body must not be compressed.", accept_encoding="identity")


@lru_cache(MANNERS)
def accepted(accept: bytes) -> str:
    """Return the media type to answer in: the newer one where it is named and preferred, else plain JSON."""
    wanted = {RESPONSE_JSON: 0.0, JSON: 0.0}
    for part in accept.decode("latin-1").split(","):
        kind, parameters = _media_type(part)
        if kind in wanted:
            wanted[kind] = max(wanted[kind], _quality(parameters.get("q", "1")))
    return RESPONSE_JSON if wanted[RESPONSE_JSON] and wanted[RESPONSE_JSON] >= wanted[JSON] else JSON


async def read_body(receive: Receive, limit: int = BODY_LIMIT) -> bytes:
    """Return the body; raise 413 as soon as it is too long, 408 when it does not come."""
    reading: Any = asyncio.current_task()
    is_late = False

    def give_up() -> None:
        nonlocal is_late
        is_late = True
        reading.cancel()

    alarm = asyncio.get_running_loop().call_later(BODY_SECONDS, give_up)
    try:
        return await _parts(receive, limit)
    except asyncio.CancelledError:
        if not is_late:
            raise
        reading.uncancel()
        raise Refused(408, "REQUEST_TIMEOUT", "The body did not arrive in time.", connection="close") from None
    finally:
        alarm.cancel()


async def _parts(receive: Receive, limit: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "BAD_REQUEST", "The body is incomplete.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise Refused(413, "PAYLOAD_TOO_LARGE", f"The body may have {limit} bytes at most.")
        if not message.get("more_body"):
            return body


def has_nul(json: bytes) -> bool:
    """Tell whether a text in JSON holds the character NUL."""
    return rb"\u0000" in json and NUL.search(json) is not None


def parse(body: bytes) -> Asked:
    """Return what a body asks for; raise 400 for what is no GraphQL request."""
    if has_nul(body):
        raise Refused(400, "BAD_REQUEST", NO_NUL)
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(400, "BAD_REQUEST", "The body is not valid JSON in UTF-8.") from None
    if not isinstance(asked, dict):
        raise Refused(400, "BAD_REQUEST", "The body must be a JSON object.")
    return shaped(asked)


def shaped(asked: dict[str, Any]) -> Asked:
    """Return a request's parts, each of the type it must have; raise 400."""
    query, name, variables = asked.get("query"), asked.get("operationName"), asked.get("variables")
    extensions = asked.get("extensions")
    sha256 = None if extensions is None else _persisted(extensions)
    if (query is not None or sha256 is None) and (not isinstance(query, str) or not query):
        raise Refused(400, "BAD_REQUEST", "`query` must be a document, as text.")
    if name is not None and not isinstance(name, str):
        raise Refused(400, "BAD_REQUEST", "`operationName` must be text.")
    if variables is not None and not isinstance(variables, dict):
        raise Refused(400, "BAD_REQUEST", "`variables` must be an object.")
    return Asked(query, name or None, variables, sha256)


def _persisted(extensions: Any) -> str | None:
    """Return the hash of an automatic persisted query (Apollo's protocol, version 1)."""
    if not isinstance(extensions, dict):
        raise Refused(400, "BAD_REQUEST", "`extensions` must be an object.")
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    sha256 = persisted.get("sha256Hash") if isinstance(persisted, dict) and persisted.get("version") == 1 else None
    if not isinstance(sha256, str):
        raise Refused(400, "BAD_REQUEST", "`persistedQuery` must have version 1 and a sha256Hash.")
    return sha256.lower()


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    kind, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
