"""An offer to go on in another protocol, as Java's client makes one first (`Upgrade: h2c`): it is not taken.

HTTP lets a server answer as if nothing had been offered. The parser does not: it hands the connection over behind the
head, so that the body would be lost, or be read as a request. Hence the head is read once more, without the offer.
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .requests import Headers, headers_of

WEBSOCKET = b"websocket"


class StayingProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP, which leaves it for WebSockets alone."""

    declined = b""  # a head that offered something else, as it is without that

    def data_received(self, data: bytes) -> None:
        """Read what came, and what followed a head that is read again."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._rest(data)
        except httptools.HttpParserError:
            said = "Invalid HTTP request received."
            self.logger.warning(said)
            self.send_400_response(said)

    def decline(self, url: bytes, headers: Headers, raw: list[tuple[bytes, bytes]]) -> bool:
        """Tell whether something else than a WebSocket is offered; what raises here is a 400, as for CONNECT."""
        parser: Any = self.parser
        if not parser.should_upgrade() or headers.get(b"upgrade", b"").lower() == WEBSOCKET:
            return False
        if b"upgrade" not in headers:
            raise ValueError(parser.get_method())
        line = b"%b %b HTTP/%b" % (parser.get_method(), url, parser.get_http_version().encode())
        kept = [b"%b: %b" % header for header in raw if header[0] != b"upgrade"]
        self.declined = b"\r\n".join((line, *kept, b"", b""))
        return True

    def _rest(self, data: bytes) -> bytes:
        """Read, and return what is to be read next, if anything."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as over:
            if not self.declined:
                self.handle_websocket_upgrade()
                return b""
            head, self.declined = self.declined, b""
            self._begin_anew()
            return head + data[over.args[0] :]
        return b""

    def _begin_anew(self) -> None:
        """Take a new parser, with Uvicorn's leniency: the other reads nothing more behind `Connection: close`."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _get_upgrade(self) -> bytes | None:
        """Return what is offered: the parser has read all that is said of the connection, Uvicorn the last line."""
        return headers_of(self.headers).get(b"upgrade", b"").lower()
