"""Where the rows of a statement come from: given keys, pages cut by keyset, lists and pages below other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Integer, and_, bindparam, func, literal_column, select, true, tuple_
from sqlalchemy.orm import aliased, join

from db.relations import ENTITIES, Asker, Entity, Keyed, ToMany, within
from db.shapes import PAGE_MOST, Const, Given, Paging, Var
from db.types import Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, FromClause, Select
    from sqlalchemy.types import TypeEngine


@dataclass(slots=True)
class Cut:
    """How a page is cut out of its rows: parameters by name, and the values they get at run time."""

    paging: Paging
    order: tuple[str, bool]
    given: dict[str, tuple[str, Given]]  # parameter → (kind, value)


class Sources:
    """FROM clauses for one plan on one database."""

    def __init__(self, asker: Asker, numbers: Iterator[int], *, sqlite: bool) -> None:
        self.asker = asker
        self.sqlite = sqlite
        self.given: dict[str, tuple[str, Given]] = {}
        self.converters: dict[str, Any] = {}
        self._numbers = numbers

    def keys(self) -> Any:
        """Return the keys of a request or of the parent's rows as a table with one column."""
        if self.sqlite:
            return func.json_each(bindparam("keys", required=False)).table_valued("value", name=f"k{next(self._numbers)}")
        given = bindparam("keys", type_=ARRAY(Key), required=False)
        return func.unnest(given).table_valued("value", name=f"k{next(self._numbers)}").render_derived()

    def parameter(self, kind: str, value: Given, type_: TypeEngine[Any], convert: Any = None) -> ColumnElement[Any]:
        """Return a parameter whose value comes with each request."""
        known = [name for name, asked in self.given.items() if asked == (kind, value)]
        if known and isinstance(value, Var):
            return bindparam(known[0], type_=type_, required=False)
        name = f"v{next(self._numbers)}"
        self.given[name] = (kind, value)
        self.converters[name] = convert
        return bindparam(name, type_=type_, required=False)

    def conditions(self, entity: Entity, row: Any, paging: Paging | None) -> list[ColumnElement[bool]]:
        """Return what the caller's filters ask of a row."""
        conditions = []
        for name, value in (paging.filters if paging else {}).items():
            declared = entity.filters[name]
            if declared.type is None:
                assert isinstance(value, Const)  # noqa: S101 - switches are part of a plan's variant
                conditions.append(declared.rule(row, self.asker, value.value))
            else:
                given = self.parameter("given", value, declared.type, declared.convert)
                conditions.append(declared.rule(row, self.asker, given))
        return conditions

    def cut(self, chosen: Select[Any], entity: Entity, row: Any, paging: Paging) -> Select[Any]:
        """Order the rows, continue after a cursor, and take one more than asked to know whether there are more."""
        order = paging.order or entity.default_order
        terms = entity.sorting(row, order)
        if paging.after is not None:
            chosen = chosen.where(self._after(terms, order, paging.after))
        columns = [term.desc() if order[1] else term.asc() for term, _ in terms]
        return chosen.order_by(*columns).limit(self._limit(paging.first))

    def _after(self, terms: list[Any], order: tuple[str, bool], after: Given) -> ColumnElement[bool]:
        given = [
            self.parameter(f"cursor:{place}:{len(terms)}:{sort_name(order)}", after, type_)
            for place, (_, type_) in enumerate(terms)
        ]
        here, there = tuple_(*(term for term, _ in terms)), tuple_(*given)
        if len(terms) == 1:
            here, there = terms[0][0], given[0]
        return here < there if order[1] else here > there

    def _limit(self, first: Given) -> Any:
        if isinstance(first, Const):
            return literal_column(str(page_size(first.value) + 1))
        return self.parameter("limit", first, Integer())

    def children(self, relation: ToMany, row: Any) -> tuple[Any, ColumnElement[Any], list[ColumnElement[bool]]]:
        """Return FROM, key column and conditions for the rows of a to-many relation, `row` being the target's."""
        asker, target = self.asker, ENTITIES[relation.target]
        conditions = [relation.where(row, asker)] if relation.where else []
        if relation.crosses:
            conditions.append(target.visible(row, asker))
        if relation.through is None:
            return row, getattr(row, relation.column), [within(asker, row, *conditions)]
        through = relation.through
        between = aliased(through.table)
        conditions.append(between.org_id == asker.org)
        if through.where:
            conditions.append(through.where(between, asker))
        joined = join(row, between, getattr(between, through.inner) == getattr(row, relation.column))
        return joined, getattr(between, through.outer), [within(asker, row, *conditions)]

    def page_below(
        self, base: FromClause, key: ColumnElement[Any], relation: ToMany, paging: Paging, *, outer: bool
    ) -> tuple[FromClause, Any]:
        """Join to each row of `base` the page of children whose parent is `key`; return FROM and the child's row."""
        target = ENTITIES[relation.target]
        inner = aliased(target.table)
        source, column, conditions = self.children(relation, inner)
        conditions += [column == key, *self.conditions(target, inner, paging)]
        if self.sqlite:
            row = aliased(target.table)
            ids = self.cut(select(inner.id).select_from(source).where(*conditions), target, inner, paging)
            on = within(self.asker, row, row.id.in_(ids))
            return join(base, row, on, isouter=outer), row
        page = self.cut(select(inner).select_from(source).where(*conditions), target, inner, paging)
        lateral = page.lateral()
        return join(base, lateral, true(), isouter=outer), aliased(target.table, lateral)

    def list_below(self, base: FromClause, key: ColumnElement[Any], relation: ToMany) -> tuple[FromClause, Any]:
        """Join to each row of `base` all children whose parent is `key`; return FROM and the child's row."""
        row = aliased(ENTITIES[relation.target].table)
        source, column, conditions = self.children(relation, row)
        return join(base, source, and_(column == key, *conditions), isouter=True), row

    def count_below(self, key: ColumnElement[Any], relation: ToMany, paging: Paging | None) -> ColumnElement[int]:
        """Return the number of all children of `key` that the filters let through."""
        target = ENTITIES[relation.target]
        inner = aliased(target.table)
        source, column, conditions = self.children(relation, inner)
        conditions += [column == key, *self.conditions(target, inner, paging)]
        return select(func.count()).select_from(source).where(*conditions).scalar_subquery()

    def all_of(self, entity: Entity, paging: Paging | None) -> tuple[Any, list[ColumnElement[bool]]]:
        """Return a fresh row of an entity and the conditions under which the asker may see it."""
        row = aliased(entity.table)
        visible = within(self.asker, row, entity.visible(row, self.asker))
        return row, [visible, *self.conditions(entity, row, paging)]

    def keyed(self, entity: Entity) -> tuple[Any, Any, Any]:
        """Return FROM, row and key column for an entity's rows by given keys."""
        keys = self.keys()
        if entity.table is None:
            return keys, Keyed(None, id=keys.c.value, org_id=self.asker.org), keys.c.value
        row = aliased(entity.table)
        on = within(self.asker, row, row.id == keys.c.value, entity.visible(row, self.asker))
        if entity.always:
            return join(keys, row, on, isouter=True), Keyed(row, id=keys.c.value), keys.c.value
        return join(keys, row, on), row, row.id


def sort_name(order: tuple[str, bool]) -> str:
    """Return an order's name as cursors carry it: a cursor of one order is refused by another."""
    return f"-{order[0]}" if order[1] else order[0]


class OutOfRange(Exception):  # noqa: N818 - a fact, as all refusals are named
    """`first` is below 0 or above the largest page."""

    def __init__(self) -> None:
        super().__init__(f"`first` must be between 0 and {PAGE_MOST}.")


def page_size(first: int) -> int:
    """Return the size of a page or refuse it."""
    if not 0 <= first <= PAGE_MOST:
        raise OutOfRange
    return first
