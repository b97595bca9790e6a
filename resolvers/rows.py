"""Rows of the answer as graphql-core walks them."""

from __future__ import annotations

from typing import Any


class Row(dict[str, Any]):
    """A row of the answer by response keys. Its type is an attribute: any name may be a response key."""

    __slots__ = ("typename",)

    def __init__(self, typename: str, entries: dict[str, Any]) -> None:
        super().__init__(entries)
        self.typename = typename


class Asks(list[tuple[Row, tuple[Any, ...]]]):
    """The rows of one level whose field another product answers, with the facts that its question needs."""

    def add(self, row: Row, *facts: tuple[Asks, tuple[Any, ...]]) -> Row:
        """Remember a row in each of the lists; return it."""
        for asks, needed in facts:
            asks.append((row, needed))
        return row
