"""How much a client may send that nobody reads: of HTTP, whatever the parser gathers until it can hand it on."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .requests import BODY_LIMIT

LONGEST_HEAD = 16 * 1024  # bytes, beyond those that came with its first
LONGEST_TAIL = 2 * LONGEST_HEAD  # of what follows the last chunk, always more than a head may have: `_end` tells by it
MOST = 16 * BODY_LIMIT  # of a whole request; who sends that many was told long ago that they are too many


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP, which would read a request without an end; all of a header would be copied with each packet.

    What comes is counted by the read, and judged after it: what the parser could hand on by then it gathers no more.
    """

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

    def on_chunk_header(self) -> None:
        """Begin to measure: where no bytes of a body follow it was the last, and what comes now is of no use."""
        self.most = min(MOST, self.came + LONGEST_TAIL)

    def _end(self) -> None:
        if self.most == LONGEST_HEAD:
            self.send_400_response("The head of a request is too long.")
        else:  # it may have been answered already
            self.transport.close()
