"""Small expressions that several reads need: search without case, absent dates last, sums of hundredths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Date, Integer, cast, func, literal, or_, type_coerce
from sqlalchemy.types import String, TypeDecorator

from db.relations import Filter, Order
from db.rules import never
from db.types import EARLIEST, LATEST, Scaled, fold

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Dialect

LONGEST_SEARCH = 1_000  # characters, folded; names have 200, and SQLite takes no pattern over 50,000 bytes


class SearchTooLong(Exception):
    """A search is longer than anything that is searched."""

    def __init__(self) -> None:
        super().__init__(f"`search` may have {LONGEST_SEARCH:,} characters at most.")


class Pattern(TypeDecorator[str]):
    """What somebody typed into a search box, as a LIKE pattern: folded, its own wildcards escaped."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return `%text%`."""
        if value is None:
            return None
        text = fold(value.strip())
        if len(text) > LONGEST_SEARCH:
            raise SearchTooLong
        for special in ("\\", "%", "_"):
            text = text.replace(special, f"\\{special}")
        return f"%{text}%"


def contains(*columns: str) -> Filter:
    """Filter by text in any of the columns; those that are not kept folded are plain ASCII, such as numbers."""

    def folded(row: Any, column: str) -> Any:
        return getattr(row, column) if column.endswith("_folded") else func.lower(getattr(row, column))

    def rule(row: Any, _asker: Any, value: Any) -> Any:
        return or_(*(folded(row, column).like(value, escape="\\") for column in columns))

    return Filter(rule, Pattern())


def dated(column: str) -> Order:
    """Order by a date that may be absent; rows without it come last in both directions."""
    return Order(lambda row, descending: dated_last(getattr(row, column), descending=descending), Date())


def dated_last(column: Any, *, descending: bool) -> ColumnElement[Any]:
    """Return a date by which rows are ordered; one that is absent stands at the end."""
    return func.coalesce(column, literal(EARLIEST if descending else LATEST, Date()), type_=Date())


def switch(rule: Any) -> Filter:
    """Filter by a rule or its opposite."""
    return Filter(lambda row, asker, wanted: rule(row, asker) if wanted else never(rule(row, asker)))


def summed(column: Any, kind: type[Scaled]) -> ColumnElement[Any]:
    """Return the sum of a column of hundredths, zero where there is nothing to add.

    SUM of a bigint is numeric on PostgreSQL; the cast brings the integer back before the type reads it.
    """
    return type_coerce(cast(func.coalesce(func.sum(type_coerce(column, Integer)), 0), BigInteger), kind())
