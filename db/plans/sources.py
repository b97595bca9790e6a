"""Where the rows of a statement come from: given keys, pages cut by keyset, lists and pages below other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import Integer

from db.relations import ENTITIES, Entity, ToMany
from db.shapes import PAGE_MOST, Const, Given, Paging, Var

from .fragments import BETWEEN, INNER, VALUE, Fragments, Text
from .rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.types import TypeEngine


KEYS = ":keys::text::text[]"  # see binding: an array comes as its text


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that comes with each request: how it is read (given, limit, peek, cursor) and what it becomes."""

    kind: str
    given: Given
    type: TypeEngine[Any]
    convert: Callable[[Any], Any] | None = None
    sort: str = ""
    place: int = 0
    size: int = 0


class Sources:
    """FROM clauses and conditions for one plan."""

    def __init__(self, fragments: Fragments, numbers: Iterator[int]) -> None:
        self.fragments = fragments
        self.parameters: dict[str, Parameter] = {}
        self._numbers = numbers

    def alias(self) -> str:
        """Return a name for a table of the statement."""
        return f"t{next(self._numbers)}"

    def keys(self) -> tuple[str, Text]:
        """Return the keys of a request or of the parent's rows as a table, and its column."""
        alias = self.alias()
        key = Text(f"{alias}.value", self.fragments.asker.org.type)
        if self.fragments.sqlite:
            return f"json_each(:keys) AS {alias}", key
        return f"unnest({KEYS}) AS {alias}(value)", key

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
                given = self.parameter(Parameter("given", value, declared.type, declared.convert))
                sql = sql.replace(f":{VALUE}", f":{given}")
            conditions.append(f"({sql})")  # it may be a disjunction
        return conditions

    def cut(self, entity: Entity, row: Row, paging: Paging) -> tuple[list[str], str]:
        """Return the condition that continues after a cursor, and ORDER BY with LIMIT."""
        order = paging.order or entity.default_order
        after = [self._after(entity, row, order, paging.after)] if paging.after else []
        return after, f"ORDER BY {', '.join(self.order(entity, row, order))} LIMIT {self._limit(paging)}"

    def order(self, entity: Entity, row: Row, order: tuple[str, bool] | None) -> list[str]:
        """Return the terms of ORDER BY."""
        order = order or entity.default_order
        direction = " DESC" if order[1] else ""
        return [row.put(term.sql) + direction for term in self.fragments.terms(entity, order)]

    def _after(self, entity: Entity, row: Row, order: tuple[str, bool], after: Given) -> str:
        terms = self.fragments.terms(entity, order)
        sort = sort_name(order)
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
        return f"{name}::{impl.compile(self.fragments.dialect).split(' COLLATE')[0]}"

    def _limit(self, paging: Paging) -> str:
        if isinstance(paging.first, Const):
            return str(page_size(paging.first.value) + paging.peeks)
        return self._typed(Parameter("peek" if paging.peeks else "limit", paging.first, Integer()))

    def children(self, relation: ToMany, name: tuple[str, str], row: Row) -> tuple[str, Text, str]:
        """Return FROM, key column and conditions for the rows of a to-many relation, `row` being the child."""
        found, between = self.fragments.children(relation, name), self.alias()

        def put(sql: str) -> str:
            return sql.replace(INNER, row.alias).replace(BETWEEN, between)

        return put(found.source), Text(put(found.key.sql), found.key.type), put(found.where)

    def page_below(self, key: str, relation: ToMany, name: tuple[str, str], paging: Paging) -> tuple[str, Row]:
        """Return the join of the page of children whose parent is `key`, and the child's row."""
        target, inner, row = ENTITIES[relation.target], Row(self.alias()), Row(self.alias())
        source, column, where = self.children(relation, name, inner)
        after, tail = self.cut(target, inner, paging)
        conditions = " AND ".join([f"{column.sql} = {key}", where, *self.filters(target, inner, paging), *after])
        if self.fragments.sqlite:
            ids = f"SELECT {inner.alias}.id FROM {source} WHERE {conditions} {tail}"
            table = target.table.__tablename__  # type: ignore[union-attr]
            return f"{table} AS {row.alias} ON {row.alias}.org_id = :org AND {row.alias}.id IN ({ids})", row
        return f"LATERAL (SELECT {inner.alias}.* FROM {source} WHERE {conditions} {tail}) AS {row.alias} ON true", row

    def list_below(self, key: str, relation: ToMany, name: tuple[str, str]) -> tuple[str, Row]:
        """Return the join of all children whose parent is `key`, and the child's row."""
        row = Row(self.alias())
        source, column, where = self.children(relation, name, row)
        if relation.through is not None:  # a single table in parentheses would lose its alias on SQLite
            source = f"({source})"
        return f"{source} ON {column.sql} = {key} AND {where}", row

    def count_below(self, key: str, relation: ToMany, name: tuple[str, str], paging: Paging | None) -> Text:
        """Return the number of all children of `key` that the filters let through."""
        target, inner = ENTITIES[relation.target], Row(self.alias())
        source, column, where = self.children(relation, name, inner)
        conditions = " AND ".join([f"{column.sql} = {key}", where, *self.filters(target, inner, paging)])
        return Text(f"(SELECT count(*) FROM {source} WHERE {conditions})", Integer())

    def all_of(self, entity: Entity, paging: Paging | None) -> tuple[str, Row, list[str]]:
        """Return FROM, a fresh row of an entity, and the conditions under which the asker may see it."""
        row = Row(self.alias())
        where = [row.put(self.fragments.visible(entity)), *self.filters(entity, row, paging)]
        return f"{entity.table.__tablename__} AS {row.alias}", row, where  # type: ignore[union-attr]

    def keyed(self, entity: Entity) -> tuple[str, Row, Text]:
        """Return FROM, row and key column for an entity's rows by given keys."""
        base, key = self.keys()
        own = {"id": key, "org_id": Text(":org", key.type)}
        if entity.table is None:
            return base, Row(values=own), key
        row = Row(self.alias())
        on = f"{row.alias}.id = {key.sql} AND {row.put(self.fragments.visible(entity))}"
        table = f"{entity.table.__tablename__} AS {row.alias}"
        if entity.always:
            return f"{base} LEFT JOIN {table} ON {on}", Row(values=own, under=row), key
        return f"{base} JOIN {table} ON {on}", row, key


def sort_name(order: tuple[str, bool]) -> str:
    """Return an order's name as cursors carry it: a cursor of one order is refused by another."""
    return f"-{order[0]}" if order[1] else order[0]


class OutOfRange(Exception):
    """`first` is below 0 or above the largest page."""

    def __init__(self) -> None:
        super().__init__(f"`first` must be between 0 and {PAGE_MOST}.")


def page_size(first: int) -> int:
    """Return the size of a page or refuse it."""
    if not 0 <= first <= PAGE_MOST:
        raise OutOfRange
    return first
