"""How many WebSockets may be open: of one process, and of one person."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_A_PERSON = 20
BUSY = "This server has as many sockets open as it may; connect again in a while, the longer the later"
YOURS = f"You have {OF_A_PERSON} sockets open on this server; close one of them, then connect again"


class NoPlace(Exception):
    """There is no place for one more; says whose places are taken, and what to do."""


class Places:
    """The sockets of one process."""

    def __init__(self, of_the_process: int) -> None:
        """Take how many there may be; who has not yet said who it is counts too."""
        self._free = of_the_process
        self._of_people: Counter[object] = Counter()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place for a socket; raise NoPlace."""
        if not self._free:
            raise NoPlace(BUSY)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    def take(self, person: object) -> None:
        """Take one of a person's places; raise NoPlace."""
        if self._of_people[person] >= OF_A_PERSON:
            raise NoPlace(YOURS)
        self._of_people[person] += 1

    def leave(self, person: object) -> None:
        """Give a person's place back."""
        self._of_people[person] -= 1
        if not self._of_people[person]:
            del self._of_people[person]
