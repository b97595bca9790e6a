"""From a root's shape to its plan: one statement for the root and its first list, one for every further list."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import BindParameter, func, select, true
from sqlalchemy.orm import aliased, join
from sqlalchemy.sql import visitors

from db.pages import cursor_value, read_cursor
from db.relations import ENTITIES, Asker, Entity
from db.shapes import Const, Paging

from .levels import Branch, Level
from .sources import Sources, page_size, sort_name
from .trees import Argument, Fetch, PageTree, Plan

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, Select
    from sqlalchemy.engine import Dialect

    from db.shapes import PageShape, Root

ENVIRONMENT = {"org", "user", "today", "now"}


def plan(root: Root, *, sees_all: bool, dialect: Dialect) -> Plan:
    """Return the statements that answer a root and the way to read their rows.

    `sees_all` leaves the visibility rule out; nothing else may depend on who asks.
    """
    builder = _Builder(sees_all=sees_all, dialect=dialect)
    builder.root(root)
    return Plan(root.how, builder.fetches, root.key)


class _Builder:
    def __init__(self, *, sees_all: bool, dialect: Dialect) -> None:
        self.dialect = dialect
        self.sqlite = dialect.name == "sqlite"
        self.asker = Asker(sees_all=sees_all, sqlite=self.sqlite)
        self.numbers = itertools.count()
        self.sources = Sources(self.asker, self.numbers, sqlite=self.sqlite)
        self.fetches: list[Fetch] = []

    def level(self) -> Level:
        return Level(self.asker, sqlite=self.sqlite, numbers=self.numbers)

    def root(self, root: Root) -> None:
        entity, fetch, level = ENTITIES[root.entity], Fetch(next(self.numbers)), self.level()
        self.fetches.append(fetch)
        if root.page is not None:
            assert root.paging is not None  # noqa: S101 - a page always has paging, if only the default
            self._root_page(entity, root.page, root.paging, level, fetch)
            return
        if root.how == "keys":
            base, row, key = self.sources.keyed(entity)
            fetch.group, where = level.add(key).index, []
        else:
            row, where = self.sources.all_of(entity, None)
            base, wanted = row, root.key
            if wanted is not None:
                where.append(getattr(row, root.by) == self.sources.parameter("given", wanted, getattr(row, root.by).type))
        assert root.shape is not None  # noqa: S101 - what is no page has a shape
        fetch.record = level.record(entity, row, root.shape, None)
        self._finish(level, fetch, base, where, join_first=True)

    def _root_page(self, entity: Entity, shape: PageShape, paging: Paging, level: Level, fetch: Fetch) -> None:
        inner, where = self.sources.all_of(entity, paging)
        chosen = self.sources.cut(select(inner).where(*where), entity, inner, paging).subquery()
        row = aliased(entity.table, chosen)
        self._page(level, entity, row, shape, paging, fetch)
        base: Any = row
        if _counts(shape):
            counted, conditions = self.sources.all_of(entity, paging)
            total = select(func.count().label("n")).select_from(counted).where(*conditions).subquery()
            # The count stands first and the page is joined to it, so that an empty page still has its total.
            base = join(total, row, true(), isouter=True)
            assert fetch.page is not None  # noqa: S101 - _page has just set it
            fetch.page.total = level.add(total.c.n).index
        self._finish(level, fetch, base, [], order=self._order(entity, row, paging))

    def _page(self, level: Level, entity: Entity, row: Any, shape: PageShape, paging: Paging, fetch: Fetch) -> None:
        """Ask for what a connection wants of its rows."""
        order = paging.order or entity.default_order
        fetch.page = PageTree(shape.typename, {}, paging.first, sort_name(order), continued=paging.after is not None)
        if isinstance(paging.first, Const):
            page_size(paging.first.value)
        fetch.present = level.cell(row, entity, "id").index
        if _has_cursors(shape):
            fetch.page.order = [level.add(term) for term, _ in entity.sorting(row, order)]
        for key, part in shape.parts.items():
            if part.kind == "nodes":
                assert part.shape is not None  # noqa: S101 - nodes always have a selection
                fetch.page.parts[key] = ("nodes", level.record(entity, row, part.shape, None))
            else:
                keys = {
                    name: (kind, level.record(entity, row, below, None) if below else None)
                    for name, (kind, below) in part.keys.items()
                }
                fetch.page.parts[key] = (part.kind, (part.typename, keys))

    def _order(self, entity: Entity, row: Any, paging: Paging) -> list[ColumnElement[Any]]:
        order = paging.order or entity.default_order
        return [term.desc() if order[1] else term.asc() for term, _ in entity.sorting(row, order)]

    def _finish(
        self, level: Level, fetch: Fetch, base: Any, where: list[Any], *, order: Any = (), join_first: bool = False
    ) -> None:
        """Join the first list where rows are few, compile, and go on with the lists below."""
        branches, ordering = level.branches, list(order)
        level.branches = []
        joined = branches.pop(0) if join_first and branches else None
        if joined is not None:
            base, more = self._join(level, joined, base)
            ordering += more
        self._compile(fetch, level.statement(base, *where).order_by(*ordering))
        if joined is not None:
            joined.fetch.parent, joined.fetch.parent_key, joined.fetch.joined = fetch, joined.key, True
            self.fetches.append(joined.fetch)
            for branch in level.branches:
                self._branch(branch, joined.fetch)
        for branch in branches:
            self._branch(branch, fetch)

    def _join(self, level: Level, branch: Branch, base: Any) -> tuple[Any, list[Any]]:
        """Let the root's first list ride on the root's statement."""
        relation, want, fetch = branch.relation, branch.want, branch.fetch
        target, key = ENTITIES[relation.target], level.cells[branch.key]
        fetch.group = branch.key
        for joined, on in level.joins:
            base = join(base, joined, on, isouter=True)
        level.joins = []
        paging = want.paging or Paging(order=_own_order(relation, target))
        if want.page is not None:
            base, row = self.sources.page_below(base, key, relation, paging, outer=True)
            self._page(level, target, row, want.page, paging, fetch)
            if _counts(want.page):
                fetch.page.total = level.add(self.sources.count_below(key, relation, want.paging)).index  # type: ignore[union-attr]
        else:
            assert want.shape is not None  # noqa: S101 - a list always has a selection
            base, row = self.sources.list_below(base, key, relation)
            fetch.present = level.cell(row, target, "id").index
            fetch.record = level.record(target, row, want.shape, None)
        return base, self._order(target, row, paging)

    def _branch(self, branch: Branch, parent: Fetch) -> None:
        """Fetch a list for all rows of its parent at once."""
        relation, want, fetch = branch.relation, branch.want, branch.fetch
        target, level = ENTITIES[relation.target], self.level()
        fetch.parent, fetch.parent_key = parent, branch.key
        self.fetches.append(fetch)
        keys = self.sources.keys()
        paging = want.paging or Paging(order=_own_order(relation, target))
        if want.page is None:
            row = aliased(target.table)
            base, column, where = self.sources.children(relation, row)
            fetch.group = level.add(column).index
            assert want.shape is not None  # noqa: S101 - a list always has a selection
            fetch.record = level.record(target, row, want.shape, None)
            self._finish(level, fetch, base, [*where, column.in_(select(keys.c.value))], order=self._order(target, row, paging))
            return
        fetch.group = level.add(keys.c.value).index
        counts = _counts(want.page)
        base, row = self.sources.page_below(keys, keys.c.value, relation, paging, outer=counts)
        self._page(level, target, row, want.page, paging, fetch)
        if counts:
            fetch.page.total = level.add(self.sources.count_below(keys.c.value, relation, paging)).index  # type: ignore[union-attr]
        self._finish(level, fetch, base, [], order=self._order(target, row, paging))

    def _compile(self, fetch: Fetch, statement: Select[Any]) -> None:
        for element in visitors.iterate(statement):
            if isinstance(element, BindParameter) and not self._open(element.key):
                element.literal_execute = True  # a constant in the text lets partial indexes be used
        compiled = statement.compile(dialect=self.dialect, compile_kwargs={"render_postcompile": True})
        fetch.sql = str(compiled)
        fetch.arguments = [
            self._argument(name, compiled.binds[name].type, compiled.params.get(name)) for name in compiled.positiontup or ()
        ]

    def _open(self, name: str) -> bool:
        return name == "keys" or name in ENVIRONMENT or name in self.sources.given

    def _argument(self, name: str, type_: Any, constant: Any) -> Argument:
        processor = type_.dialect_impl(self.dialect).bind_processor(self.dialect)
        convert = [processor] if processor else []
        if name == "keys":
            return Argument("keys", convert=[_json_text] if self.sqlite else [])
        if name in ENVIRONMENT:
            return Argument("env", name, convert=convert)
        if name not in self.sources.given:
            return Argument("const", value=processor(constant) if processor and constant is not None else constant)
        kind, given = self.sources.given[name]
        own = self.sources.converters[name]
        if kind.startswith("cursor:"):
            _, place, size, sort = kind.split(":", 3)
            read = partial(read_cursor, sort=sort, place=int(place), size=int(size))
            convert = [read, partial(cursor_value, type_), *convert]
        elif kind == "limit":
            convert = [page_size, (1).__add__]
        elif own is not None:
            convert = [own, *convert]
        return Argument("given", given=given, convert=convert)


def _json_text(keys: list[str]) -> str:
    return orjson.dumps(keys).decode()


def _own_order(relation: Any, target: Entity) -> tuple[str, bool]:
    return (relation.order, relation.descending) if relation.order else target.default_order


def _counts(shape: PageShape) -> bool:
    return any(part.kind == "totalCount" for part in shape.parts.values())


def _has_cursors(shape: PageShape) -> bool:
    return any(
        kind in {"cursor", "startCursor", "endCursor"} for part in shape.parts.values() for kind, _ in part.keys.values()
    )
