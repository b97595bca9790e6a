"""A connection on which no request comes: it is ended after a while, as it holds a descriptor that others need."""

from collections.abc import Iterable
from operator import is_
from typing import Any

A_WHILE = 10  # seconds between two looks; who is silent at both has been for at least as long


class Silences:
    """Finds who is silent by looking twice: a timer would cost every request of those who are not."""

    def __init__(self) -> None:
        """Begin without having seen anybody."""
        self._seen: dict[Any, tuple[Any, Any]] = {}  # connection: its last request, and what it has said of the next

    def look(self, connections: Iterable[Any]) -> None:
        """End the connections that were silent the last time and have not said a whole request since."""
        silent = {each: (each.cycle, getattr(each, "noted", None)) for each in connections if _is_silent(each)}
        for each, said in silent.items():
            if each in self._seen and all(map(is_, self._seen[each], said)):
                each.transport.abort()
        self._seen = silent


def _is_silent(connection: Any) -> bool:
    """Tell whether a request is waited for without an end: Uvicorn's own patience begins with an answer of its own.

    It ends with the first byte after that, so half a request is silence, too. Who still reads an answer is not silent.
    WebSockets have rules of their own.
    """
    if getattr(connection, "timeout_keep_alive_task", connection) is not None:
        return False
    before = connection.cycle
    return before is None or (before.response_complete and not connection.transport.get_write_buffer_size())
