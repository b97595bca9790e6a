"""GraphQL's own lane: a POST that has come whole is answered without the messages that ASGI would make of it.

Uvicorn reads HTTP, keeps connections and ends them, here as everywhere. But the messages, events and packets into which
it takes a request apart cost as much as a small read (decision 29). Who asks in the lane is answered by the same
endpoint, with the same headers and the same line in the log. Everything else is told to Uvicorn as if it came just now,
and goes its way.
"""

import logging
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from .answers import Answer
from .bounds import LONGEST_HEAD, MOST, BoundedProtocol
from .endpoints import GraphQLEndpoint
from .envelopes import headers_of_all, request_id_of
from .logs import note_request
from .requests import Call, Headers, headers_of

LARGE = 16 * 1024  # bytes; a body of so many is sent from where it lies, a smaller one is cheaper to copy
CLOSE = (b"connection", b"close")
MOST_HEADERS = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the lane leads. Where CORS has a say, a request that names its origin does not go there."""

    graphql: GraphQLEndpoint
    path: str
    minds_origins: bool = False


class _NoWaiter:
    def set(self) -> None:
        """Wake nobody: in the lane no part of a body is waited for."""


@dataclass(slots=True, eq=False)
class Turn:
    """A request in the lane, with what Uvicorn asks of any request under way."""

    keep_alive: bool
    task: Any = None
    disconnected: bool = False
    response_complete: bool = False
    message_event: ClassVar[_NoWaiter] = _NoWaiter()


class LaneProtocol(BoundedProtocol):
    """Uvicorn's HTTP, and the lane. What is read of a request is noted until it is known which way it goes."""

    def __init__(self, lane: Lane, *server: Any, **given: Any) -> None:
        """Take the lane, and what Uvicorn gives."""
        super().__init__(*server, **given)
        self._lane = lane
        self._path = lane.path.encode()
        self._url = b""
        self.noted: list[tuple[bytes, bytes]] = []  # a new list for each head that begins, by which `Silences` knows it
        self._head: list[tuple[bytes, bytes]] = []
        self._headers: Headers | None = None  # of a request in the lane whose end has not come yet
        self._body: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Read; what has not come whole is for Uvicorn to wait for."""
        super().data_received(data)
        if self._headers is not None:
            self._leave()

    def on_message_begin(self) -> None:
        """Begin to note."""
        self._url, self.noted, self._headers, self.came, self.most = b"", [], None, 0, LONGEST_HEAD

    def on_url(self, url: bytes) -> None:
        """Note it; it may come in parts."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note it; what raises here is a 400. What comes after the body as a header is noted for nobody."""
        if len(self.noted) == MOST_HEADERS:
            raise ValueError(MOST_HEADERS)
        self.noted.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Go into the lane or Uvicorn's way."""
        self._head, self.noted, self.most = self.noted, [], MOST
        headers = headers_of(self._head)
        if self._fits(headers):
            self._headers = headers
        elif not self.decline(self._url, headers, self._head):
            self._tell()

    def on_body(self, body: bytes) -> None:
        """Keep what came in the lane."""
        self.most = MOST
        if self._headers is None:
            super().on_body(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Begin to answer in the lane."""
        headers = self._headers
        if headers is None:
            if not self.declined:
                super().on_message_complete()
        else:  # what comes in one read is shorter than any limit of ours
            self._headers = None
            self._begin(headers, self._taken())

    def _taken(self) -> bytes:
        """Return what has come of a body, and keep nothing of it."""
        body, self._body = b"".join(self._body), []
        return body

    def _fits(self, headers: Headers) -> bool:
        before: Any = self.cycle
        parser: Any = self.parser
        return (
            self._url == self._path
            and parser.get_method() == b"POST"
            and (before is None or before.response_complete)
            and not parser.should_upgrade()
            and b"expect" not in headers
            and not (self._lane.minds_origins and b"origin" in headers)
        )

    def _tell(self) -> None:
        """Tell Uvicorn what was noted."""
        super().on_message_begin()
        super().on_url(self._url)
        for name, value in self._head:
            super().on_header(name, value)
        super().on_headers_complete()

    def _leave(self) -> None:
        """Leave the lane with what has come of the body."""
        self._headers, body = None, self._taken()
        if not self.transport.is_closing():
            self._tell()
            super().on_body(body)

    def _begin(self, headers: Headers, body: bytes) -> None:
        parser: Any = self.parser
        self.cycle: Any = Turn(parser.get_http_version() != "1.0" and parser.should_keep_alive())
        turn: Turn = self.cycle
        turn.task = self.loop.create_task(self._answer(turn, headers, body))
        self.tasks.add(turn.task)

    async def _answer(self, turn: Turn, headers: Headers, body: bytes) -> None:
        """Answer, and note that in the log."""
        begun, status = time.perf_counter(), 0
        call = Call(self.app_state["rooms"], "POST", headers, request_id_of(headers))
        try:
            answer = await self._lane.graphql.answer(call, body)
            status = answer.status
            if self.flow.write_paused:
                await self.flow.drain()
            if not self.transport.is_closing():
                self._write(turn, answer, call.request_id)
        except Exception:
            log.exception("unexpected", extra={"request_id": call.request_id})
        finally:
            self.tasks.discard(turn.task)
            if not turn.response_complete:  # an answer that nobody waits for, or a task that was cancelled
                self.transport.close()
            note_request(call.request_id, "POST", self._lane.path, status, begun, call.facts)

    def _write(self, turn: Turn, answer: Answer, request_id: str) -> None:
        """Write the answer in one packet, and be ready for the next request.

        Uvicorn would set a timer; here `Silences` finds out who asks for nothing any more.
        """
        headers = [*self.server_state.default_headers, *answer.head(), *headers_of_all(request_id)]
        if not turn.keep_alive:
            headers.append(CLOSE)
        head, body = STATUS_LINE[answer.status] + b"\r\n".join(map(b": ".join, headers)) + b"\r\n\r\n", answer.body
        if len(body) < LARGE:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        turn.response_complete = True
        if not turn.keep_alive:
            self.transport.close()
        if self.pipeline:
            self.on_response_complete()
