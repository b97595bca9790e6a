"""A WebSocket's client that does not read: it is waited for a little, and never more than a little is kept for it.

A handshake that comes to nothing is waited for no longer.
"""

from asyncio import BaseTransport, TimerHandle
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PATIENCE = 8  # seconds in which what waits must have shrunk
LAST_WORDS = 2  # seconds, after those, in which who begins to read still hears why
NO_HANDSHAKE = "A WebSocket begins with a GET of HTTP/1.1 that has no body.\n"
IN_THE_KERNEL = 128 * 1024  # bytes; left to itself it would take megabytes for each socket
TOO_SLOW = f"What was sent was not read for {PATIENCE} seconds; connect again, read faster or follow less"


class PatientProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's, which would wait for ever for a client to read, and not answer a handshake that the library refuses.

    What its transport holds back is 64 KiB and the messages that were ready to go; then nothing more is produced.
    """

    opens_within: float = PATIENCE  # seconds
    too_slow: TimerHandle | None = None
    unopened: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep little in the kernel, too."""
        super().connection_made(transport)
        self.unopened = self.loop.call_later(self.opens_within, self._end_unopened)
        self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, IN_THE_KERNEL)

    def data_received(self, data: bytes) -> None:
        """Read; what comes first is a whole head, so that what has not begun then never will."""
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            refusal = b"".join(self.conn.data_to_send()) or self.conn.reject(400, NO_HANDSHAKE).serialize()
            self.transport.write(refusal)
            self.transport.close()

    def pause_writing(self) -> None:
        """Begin to lose patience."""
        super().pause_writing()
        self._wait(self.loop.call_later(PATIENCE, self._give_up))

    def resume_writing(self) -> None:
        """Be content: it reads."""
        super().resume_writing()
        self._wait(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nobody."""
        self._wait(None)
        if self.unopened is not None:
            self.unopened.cancel()
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        """Answer, unless answers are not read: who only pings must not fill the memory either."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def _end_unopened(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()

    def _wait(self, timer: TimerHandle | None) -> None:
        if self.too_slow is not None:
            self.too_slow.cancel()
        self.too_slow = timer

    def _give_up(self) -> None:
        self.too_slow = self.loop.call_later(LAST_WORDS, self.transport.abort)
        if self.close_sent or self.transport.is_closing():
            return  # it was told something else
        self.stop_keepalive()
        ended: Any = {"type": "websocket.disconnect", "code": 1013, "reason": TOO_SLOW}
        self.queue.put_nowait(ended)
        self.conn.fail(1013, TOO_SLOW)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
