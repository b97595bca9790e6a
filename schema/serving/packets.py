"""An answer in one packet, and a body without waiting: what ASGI says in several messages, our server does in one step.

ASGI lets a server offer more than its messages (its specification, "Extensions"). An application that finds `WHOLE`
among a request's extensions may put the answer's body into `http.response.start`, and take the request's body if that
has come with the headers. Everything else goes Uvicorn's own way.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .requests import WHOLE, Message

LARGE = 16 * 1024  # bytes; a body of so many is sent from where it lies, a smaller one is cheaper to copy


class Cycle(RequestResponseCycle):
    """A request and its answer. Uvicorn writes head and body apart, and each would wake the client for itself."""

    def come(self) -> bytes | None:
        """Return the body if it has come with its end and is wanted, None where it must be received."""
        if self.more_body or self.disconnected or self.response_started:
            return None
        body, self.body = self.body, bytearray()
        return bytes(body)

    async def send(self, message: Any) -> None:
        """Send a message, or the whole answer in one."""
        if message["type"] != "http.response.start" or "body" not in message:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        """Write the answer and be ready for the next request. The headers are ours, and none says how to connect."""
        lines = [name + b": " + value for name, value in (*self.default_headers, *message["headers"])]
        if not self.keep_alive:
            lines.append(b"connection: close")
        head, body = STATUS_LINE[message["status"]] + b"\r\n".join([*lines, b"", b""]), message["body"]
        self.response_started = self.response_complete = True
        self.scope.pop("extensions")  # which lead to this; what leads to itself waits for the collector
        if len(body) < LARGE:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class WholeProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP, with the extension for every request whose answer has a body."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.scope["method"] != "HEAD":
            cycle.__class__ = Cycle
            cycle.scope["extensions"] = {WHOLE: cycle}
        super()._start_asgi_task(cycle, app)
