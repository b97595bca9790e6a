"""What a client may do within bounds: send what has no end, ask without waiting for answers, read none of them."""

from asyncio import TimerHandle
from typing import Any

from .requests import BODY_LIMIT
from .unread import unread
from .upgrades import StayingProtocol

LONGEST_HEAD = 16 * 1024  # bytes, beyond those that came with its first
LONGEST_TAIL = 2 * LONGEST_HEAD  # of what follows the last chunk, always more than a head may have: `_end` tells by it
MOST = 16 * BODY_LIMIT  # of a whole request; who sends that many was told long ago that they are too many
MOST_WAITING = 100  # requests behind one that is being answered; a single read may bring thousands


class BoundedProtocol(StayingProtocol):
    """Uvicorn's HTTP, which would read a request without an end; all of a header would be copied with each packet.

    What comes is counted by the read, and judged after it: what the parser could hand on by then it gathers no more.
    Uvicorn would also wait for ever for a client to read, with everything that it has asked for in hand.
    """

    patience = 20.0  # seconds in which some of what waits must have been read
    _too_slow: TimerHandle | None = None

    def __init__(self, *server: Any, **given: Any) -> None:
        """Take what Uvicorn gives."""
        super().__init__(*server, **given)
        self.came = 0  # bytes of a request, in reads after the one in which it began
        self.most = LONGEST_HEAD  # of those, just now

    def data_received(self, data: bytes) -> None:
        """Read, and end what has no end."""
        self.came += len(data)
        super().data_received(data)
        if self.came > self.most and not self.transport.is_closing():
            self._end()

    def on_headers_complete(self) -> None:
        """Take a request, unless too many wait: what raises here lets nothing more of a read be parsed."""
        super().on_headers_complete()
        if len(self.pipeline) > MOST_WAITING:
            self.transport.close()
            raise ValueError(MOST_WAITING)

    def on_chunk_header(self) -> None:
        """Begin to measure: where no bytes of a body follow it was the last, and what comes now is of no use."""
        self.most = min(MOST, self.came + LONGEST_TAIL)

    def handle_websocket_upgrade(self) -> None:
        """Let a WebSocket begin where nothing is left to be written: two would write, and only one would wait."""
        before: Any = self.cycle
        if self.flow.write_paused or not (before is None or before.response_complete):
            self.send_400_response("A WebSocket begins when all that was asked before it has been answered.")
        else:  # of cookies browsers may have more than the library takes in a line, and nobody here reads them
            self.scope["headers"] = [header for header in self.scope["headers"] if header[0] != b"cookie"]
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Say so, unless the end has begun without words."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """Begin to lose patience."""
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        """Be content: it reads."""
        super().resume_writing()
        self._wait_no_more()

    def eof_received(self) -> Any:
        """Keep the connection for who says no more, but may hear what it asked for; the last answer ends it."""
        last: Any = self.cycle
        if last is None or last.response_complete or getattr(last, "more_body", False):
            return False
        last.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nobody, and answer nobody."""
        self._wait_no_more()
        self.pipeline.clear()
        super().connection_lost(exc)

    def _end(self) -> None:
        if self.most == LONGEST_HEAD:
            self.send_400_response("The head of a request is too long.")
        else:  # it may have been answered already
            self.transport.close()

    def _wait(self) -> None:
        self._too_slow = self.loop.call_later(self.patience, self._look, unread(self.transport))

    def _wait_no_more(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _look(self, before: int) -> None:
        """End a client that has read nothing since, also where the end was to come after what it reads."""
        if unread(self.transport) < before:
            self._wait()
        else:
            self.transport.abort()
