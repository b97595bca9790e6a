"""A connection on which no request comes: it is ended after a while, as it holds a descriptor that others need."""

from collections.abc import Iterable
from typing import Any

from .unread import unread

A_WHILE = 10  # seconds between two looks; who is silent at both has been for at least as long


class Silences:
    """Finds who is silent by looking twice: a timer would cost every request of those who are not."""

    def __init__(self) -> None:
        """Begin without having seen anybody."""
        self._seen: dict[Any, tuple[Any, Any, int]] = {}  # connection: its last request, the next, what is unread

    def look(self, connections: Iterable[Any]) -> None:
        """End the connections that were silent the last time and have not said a whole request, or read, since."""
        silent = {each: _state(each) for each in connections if _is_silent(each)}
        for each, (request, said, left) in silent.items():
            before = self._seen.get(each)
            if before and before[0] is request and before[1] is said and before[2] <= left:
                each.transport.abort()
        self._seen = silent


def _state(connection: Any) -> tuple[Any, Any, int]:
    return getattr(connection, "cycle", None), getattr(connection, "noted", None), unread(connection.transport)


def _is_silent(connection: Any) -> bool:
    """Tell whether a request is waited for without an end: Uvicorn's own patience begins with an answer of its own.

    It ends with the first byte after that, so half a request is silence, too. Who is waited for to read an answer has a
    timer (bounds), unless so little is left of it that it fits between us and the kernel; or the end of it is all that
    is waited for. WebSockets have rules of their own until then.
    """
    if connection.transport.is_closing():
        return True
    if getattr(connection, "timeout_keep_alive_task", connection) is not None:
        return False
    before = connection.cycle
    return before is None or (before.response_complete and not connection.flow.write_paused)
