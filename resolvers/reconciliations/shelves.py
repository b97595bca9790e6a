"""The PSA's side, read page by page in the order of our references: one shelf for each contract, a page on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psa.errors import PsaUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from psa.port import Page, TimeRecord

    Ask = Callable[[str | None], Awaitable[Page[TimeRecord]]]


class Shelf:
    """One contract's entries, as far as they were read and not yet taken."""

    def __init__(self, ask: Ask, behind: str) -> None:
        """Take the way to ask for the page behind a cursor, and the reference behind which the list begins."""
        self._ask = ask
        self._cursor: str | None = None
        self._rows: list[TimeRecord] = []
        self._last = behind
        self.is_read = False

    @property
    def frontier(self) -> str | None:
        """Return the reference before which nothing can be missing any more; None: nothing is missing at all."""
        return None if self.is_read else self._last

    async def fill(self) -> None:
        """Read until there is one reference of which all entries are here. Raises PsaError."""
        while not self.is_read and (not self._rows or ref_of(self._rows[0]) == self._last):
            page = await self._ask(self._cursor)
            for record in page.items:
                self._put(record)
            self._cursor = page.next
            self.is_read = page.next is None

    def take(self, before: str | None, up_to: str | None) -> list[TimeRecord]:
        """Take away the entries that lie before one reference and not behind another."""
        refs = (ref_of(record) for record in self._rows)
        number = sum(1 for ref in refs if (before is None or ref < before) and (up_to is None or ref <= up_to))
        taken, self._rows = self._rows[:number], self._rows[number:]
        return taken

    def _put(self, record: TimeRecord) -> None:
        """Keep an entry. From a list in another order nothing could be concluded, least of all that one is missing."""
        if ref_of(record) < self._last:
            raise PsaUnavailable("The PSA does not list entries in the order of our references: nothing was compared.")
        self._last = ref_of(record)
        self._rows.append(record)


class Shelves:
    """All contracts of a reconciliation, side by side, so that twins on two of them meet."""

    def __init__(self, asks: Iterable[Ask], behind: str) -> None:
        """Take a way to ask for each contract."""
        self._shelves = [Shelf(ask, behind) for ask in asks]

    async def fill(self) -> str | None:
        """Read on; return the reference before which all is here, None when that is everything. Raises PsaError."""
        for shelf in self._shelves:
            await shelf.fill()
        return min((shelf.frontier for shelf in self._shelves if shelf.frontier is not None), default=None)

    def take(self, before: str | None, up_to: str | None) -> dict[str, list[TimeRecord]]:
        """Take away what lies in a stretch, by reference."""
        taken: dict[str, list[TimeRecord]] = {}
        for shelf in self._shelves:
            for record in shelf.take(before, up_to):
                taken.setdefault(ref_of(record), []).append(record)
        return taken


def ref_of(record: TimeRecord) -> str:
    """Return an entry's reference; what is on a shelf has one."""
    return record.external_ref or ""


def gathered(records: Sequence[TimeRecord]) -> dict[str, list[TimeRecord]]:
    """Return entries by their reference."""
    found: dict[str, list[TimeRecord]] = {}
    for record in records:
        found.setdefault(ref_of(record), []).append(record)
    return found
