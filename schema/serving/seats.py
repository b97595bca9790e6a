"""Places at this process's WebSockets: so many in all, and so many for one person."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_ONE = 20
MOST = 1_000


class Full(Exception):
    """No place is left. The words say what to do, and fit into a close frame."""


class Seats:
    """Who has how many sockets open."""

    def __init__(self, most: int = MOST, of_one: int = OF_ONE) -> None:
        """Take how many sockets this process holds, and how many of them for one person."""
        self._most = most
        self._of_one = of_one
        self._open = 0
        self._by_person: Counter[object] = Counter()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place for a socket of nobody knows whom yet. Raise Full."""
        if self._open >= self._most:
            raise Full("This server holds as many WebSockets as it can. Try again later.")
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    @contextmanager
    def of(self, person: object) -> Iterator[None]:
        """Hold one of a person's places. Raise Full."""
        if self._by_person[person] >= self._of_one:
            raise Full(f"You have {self._of_one} WebSockets open: close one, or run several operations on one of them.")
        self._by_person[person] += 1
        try:
            yield
        finally:
            self._by_person[person] -= 1
            if not self._by_person[person]:
                del self._by_person[person]
