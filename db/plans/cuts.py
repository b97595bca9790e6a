"""How rows are picked: filters, the place after a cursor, the order and the size of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import Date, Integer

from db.shapes import PAGE_MOST, Const, Given, Paging, Var

from .writing import VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.types import TypeEngine

    from db.relations import Entity

    from .fragments import Fragments
    from .rows import Row


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that comes with each request: how it is read (given, limit, peek, cursor) and what it becomes."""

    kind: str
    given: Given
    type: TypeEngine[Any]
    sort: str = ""
    place: int = 0
    size: int = 0

    @property
    def is_day_of_cursor(self) -> bool:
        """Tell whether it is a day at which a page continues.

        PostgreSQL gets it as text: asyncpg takes the last day there is, where rows without a day stand, for infinity.
        """
        return self.kind == "cursor" and isinstance(self.type, Date)


class Cuts:
    """The conditions of one plan and the parameters they take."""

    def __init__(self, fragments: Fragments, numbers: Iterator[int]) -> None:
        self.fragments = fragments
        self.parameters: dict[str, Parameter] = {}
        self._numbers = numbers

    def alias(self) -> str:
        """Return a name for a table of the statement."""
        return f"t{next(self._numbers)}"

    def parameter(self, wanted: Parameter) -> str:
        """Return the name of a parameter; the same variable asked for twice is one parameter."""
        if isinstance(wanted.given, Var):
            for name, known in self.parameters.items():
                if known == wanted:
                    return name
        name = f"v{next(self._numbers)}"
        self.parameters[name] = wanted
        return name

    def filters(self, entity: Entity, row: Row, paging: Paging | None) -> list[str]:
        """Return what the caller's filters ask of a row."""
        conditions = []
        for name, value in (paging.filters if paging else {}).items():
            declared = entity.filters[name]
            switch = value.value if declared.type is None and isinstance(value, Const) else None
            condition = self.fragments.condition(entity, name, switch)
            sql = row.put(condition.sql)
            if declared.type is not None:
                given = self.parameter(Parameter("given", value, declared.type))
                sql = sql.replace(f":{VALUE}", f":{given}")
            conditions.append(f"({sql})")  # it may be a disjunction
        return conditions

    def cut(self, entity: Entity, row: Row, paging: Paging) -> tuple[list[str], str]:
        """Return the condition that continues after a cursor, and ORDER BY with the most that LIMIT may be."""
        order = paging.order or entity.default_order
        after = [self._after(entity, row, order, paging.after)] if paging.after else []
        most = self._limit(paging) if self._is_exact(paging) else str(PAGE_MOST + 1)
        return after, f"ORDER BY {', '.join(self.order(entity, row, order))} LIMIT {most}"

    def limited(self, rows: str, paging: Paging) -> str:
        """Return a page whose size comes with each request.

        PostgreSQL plans an unknown LIMIT for a tenth of all rows, so a known one stands inside; order is kept by both.
        """
        return rows if self._is_exact(paging) else f"SELECT * FROM ({rows}) AS cut LIMIT {self._limit(paging)}"

    def _is_exact(self, paging: Paging) -> bool:
        return self.fragments.sqlite or isinstance(paging.first, Const)

    def order(self, entity: Entity, row: Row, order: tuple[str, bool] | None) -> list[str]:
        """Return the terms of ORDER BY."""
        order = order or entity.default_order
        direction = " DESC" if order[1] else ""
        return [row.put(term.sql) + direction for term in self.fragments.terms(entity, order)]

    def _after(self, entity: Entity, row: Row, order: tuple[str, bool], after: Given) -> str:
        terms = self.fragments.terms(entity, order)
        sort = sort_name(entity, order)
        given = [
            self._typed(Parameter("cursor", after, term.type, sort=sort, place=place, size=len(terms)))
            for place, term in enumerate(terms)
        ]
        here = ", ".join(row.put(term.sql) for term in terms)
        return f"({here}) {'<' if order[1] else '>'} ({', '.join(given)})"

    def _typed(self, wanted: Parameter) -> str:
        name = f":{self.parameter(wanted)}"
        if self.fragments.sqlite:
            return name
        impl = wanted.type.dialect_impl(self.fragments.dialect)
        if wanted.is_day_of_cursor:
            name += "::text"
        return f"{name}::{impl.compile(self.fragments.dialect).split(' COLLATE')[0]}"

    def _limit(self, paging: Paging) -> str:
        if isinstance(paging.first, Const):
            return str(page_size(paging.first.value) + paging.peeks)
        return self._typed(Parameter("peek" if paging.peeks else "limit", paging.first, Integer()))


def sort_name(entity: Entity, order: tuple[str, bool]) -> str:
    """Return what cursors carry: one of other things, or of another order, is refused."""
    return f"{'-' if order[1] else ''}{entity.name}.{order[0]}"


class OutOfRange(Exception):
    """`first` is below 0 or above the largest page."""

    def __init__(self) -> None:
        super().__init__(f"`first` must be between 0 and {PAGE_MOST}.")


def page_size(first: int) -> int:
    """Return the size of a page or refuse it."""
    if not 0 <= first <= PAGE_MOST:
        raise OutOfRange
    return first
