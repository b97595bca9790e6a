"""From a root's shape to its plan: one statement for the root and its first list, one for every further list."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from db.askers import Way
from db.relations import ENTITIES, Entity
from db.shapes import Const, Paging
from db.types import Key

from .binding import bind
from .cuts import Parameter, page_size, sort_name
from .levels import Branch, Level
from .rows import Row
from .sources import KEYS, Sources
from .trees import Fetch, PageTree, Plan
from .writing import Text

if TYPE_CHECKING:
    from db.shapes import PageShape, Root

    from .fragments import Fragments


def plan(root: Root, fragments: Fragments) -> Plan:
    """Return the statements that answer a root and the way to read their rows."""
    builder = _Builder(fragments)
    builder.root(root)
    return Plan(root.how, builder.fetches, root.key)


class _Builder:
    def __init__(self, fragments: Fragments) -> None:
        self.fragments = fragments
        self.numbers = itertools.count()
        self.sources = Sources(fragments, self.numbers)
        self.fetches: list[Fetch] = []

    def level(self) -> Level:
        return Level(self.fragments, self.numbers)

    def root(self, root: Root) -> None:
        entity, fetch, level = ENTITIES[root.entity], Fetch(next(self.numbers)), self.level()
        self.fetches.append(fetch)
        if root.page is not None:
            self._root_page(entity, root.page, root.paging or Paging(), level, fetch)
            return
        where: list[str] = []
        if root.how == "keys":
            base, row, key = self.sources.keyed(entity)
            fetch.group = level.add(key).index
        else:
            base, row, where = self.sources.all_of(entity, None, Way.EACH)
            if root.key is not None:
                where.append(f"{row.place(root.by)} = :{self.sources.parameter(Parameter('given', root.key, Key))}")
        assert root.shape is not None  # noqa: S101 - what is no page has a shape
        fetch.record = level.record(entity, row, root.shape, None)
        # Several rows may have one client between them: a list of its own would come once for each of them.
        own = row.place("id")
        lists = [each for each in level.branches if root.how == "one" or level.cells[each.key].sql == own]
        self._finish(level, fetch, base, where, [], joined=lists[0] if lists else None)

    def _root_page(self, entity: Entity, shape: PageShape, paging: Paging, level: Level, fetch: Fetch) -> None:
        paging.peeks = shape.peeks
        row = Row(level.alias())
        page = self.sources.page_of(entity, paging, row)
        level.joins.page = None if shape.counts else row
        fetch.page = self._page(level, entity, row, shape, paging)
        if shape.counts:
            fetch.present = level.cell(row, entity, "id").index
            # The count stands first and the page is joined to it, so that an empty page still has its total.
            page = f"(SELECT {self.sources.count_of(entity, paging)} AS n) AS n LEFT JOIN {page} ON true"
            fetch.page.total = level.add(Text("n.n", Key)).index
        order = self._order(level, fetch, entity, row, paging)
        self._finish(level, fetch, level.kept(page, row), [], order)

    def _order(self, level: Level, fetch: Fetch, entity: Entity, row: Row, paging: Paging) -> list[str]:
        """Return the terms of ORDER BY; none where ids are all of it: the fetch then has its rows sorted in Python."""
        name, descending = paging.order or entity.default_order
        if name != "id":
            return self.sources.order(entity, row, paging.order)
        fetch.ids, fetch.descending = level.cell(row, entity, "id").index, descending
        return []

    def _page(self, level: Level, entity: Entity, row: Row, shape: PageShape, paging: Paging) -> PageTree:
        """Ask for what a connection wants of its rows."""
        order = paging.order or entity.default_order
        sort, continued = sort_name(entity, order), paging.after is not None
        page = PageTree(shape.typename, {}, paging.first, sort, continued=continued, peeks=shape.peeks)
        if isinstance(paging.first, Const):
            page_size(paging.first.value)
        if shape.has_cursors:
            terms = self.fragments.terms(entity, order)
            page.order = [level.add(Text(row.put(term.sql), term.type)) for term in terms[:-1]]
            page.order.append(level.cell(row, entity, "id"))
        for key, part in shape.parts.items():
            if part.shape is not None:
                page.parts[key] = (part.kind, level.record(entity, row, part.shape, None))
            else:
                keys = {
                    name: (kind, level.record(entity, row, below, None) if below else None)
                    for name, (kind, below) in part.keys.items()
                }
                page.parts[key] = (part.kind, (part.typename, keys))
        return page

    def _finish(
        self, level: Level, fetch: Fetch, base: str, where: list[str], order: list[str], joined: Branch | None = None
    ) -> None:
        """Join a list where rows are few, write the text, and go on with the other lists below."""
        branches, level.branches = [each for each in level.branches if each is not joined], []
        if joined is not None:
            order = order + self._join(level, fetch, joined)
        text = level.statement(base, where, order)
        fetch.sql, fetch.arguments = bind(text, self.sources.parameters, self.fragments.dialect)
        fetch.width = max(1, len(level.cells))
        if joined is not None:
            joined.fetch.parent, joined.fetch.parent_key, joined.fetch.joined = fetch, joined.key, True
            self.fetches.append(joined.fetch)
            for branch in level.branches:
                self._branch(branch, joined.fetch)
        for branch in branches:
            self._branch(branch, fetch)

    def _join(self, level: Level, root: Fetch, branch: Branch) -> list[str]:
        """Let a list ride on the root's statement; return its order."""
        relation, want, fetch = branch.relation, branch.want, branch.fetch
        target, key = ENTITIES[relation.target], level.cells[branch.key].sql
        fetch.group = branch.key
        paging = _paging(branch, target)
        if want.page is not None:
            join, row = self.sources.page_below(key, relation, branch.name, paging)
            level.joins.texts.append(f"LEFT JOIN {join}")
            fetch.page = self._page(level, target, row, want.page, paging)
            if want.page.counts:
                fetch.page.total = level.add(self.sources.count_below(key, relation, branch.name, paging)).index
        else:
            assert want.shape is not None  # noqa: S101 - a list always has a selection
            join, row = self.sources.list_below(key, relation, branch.name)
            level.joins.texts.append(f"LEFT JOIN {join}")
            fetch.record = level.record(target, row, want.shape, None)
        fetch.present = level.cell(row, target, "id").index
        return self._order(level, root, target, row, paging)

    def _branch(self, branch: Branch, parent: Fetch) -> None:
        """Fetch a list for all rows of its parent at once."""
        relation, want, fetch = branch.relation, branch.want, branch.fetch
        target, level = ENTITIES[relation.target], self.level()
        fetch.parent, fetch.parent_key = parent, branch.key
        self.fetches.append(fetch)
        keys, key = self.sources.keys()
        paging = _paging(branch, target)
        if want.page is None:
            row = Row(level.alias())
            base, column, where = self.sources.children(relation, branch.name, row)
            fetch.group = level.add(column).index
            assert want.shape is not None  # noqa: S101 - a list always has a selection
            fetch.record = level.record(target, row, want.shape, None)
            conditions = [where, f"{column.sql} {self._one_of_keys(keys, key)}"]
            self._finish(level, fetch, base, conditions, self._order(level, fetch, target, row, paging))
            return
        fetch.group = level.add(key).index
        join, row = self.sources.page_below(key.sql, relation, branch.name, paging)
        if not self.fragments.sqlite and not want.page.counts:
            level.joins.page, level.joins.many = row, True
        fetch.page = self._page(level, target, row, want.page, paging)
        if want.page.counts:
            fetch.page.total = level.add(self.sources.count_below(key.sql, relation, branch.name, paging)).index
            fetch.present = level.cell(row, target, "id").index
        base = f"{keys} {self._beside(outer=want.page.counts)} {join}"
        order = self._order(level, fetch, target, row, paging)
        self._finish(level, fetch, level.kept(base, row, key), [], order)

    def _beside(self, *, outer: bool) -> str:
        # SQLite would rather walk all children in their order than look each key's up; CROSS JOIN keeps it from that.
        return "LEFT JOIN" if outer else "CROSS JOIN" if self.fragments.sqlite else "JOIN"

    def _one_of_keys(self, keys: str, key: Text) -> str:
        return f"IN (SELECT {key.sql} FROM {keys})" if self.fragments.sqlite else f"= ANY ({KEYS})"


def _paging(branch: Branch, target: Entity) -> Paging:
    """Return how a list below is cut: as it was asked for, in the relation's own order where none was."""
    relation = branch.relation
    own = (relation.order, relation.descending) if relation.order else target.default_order
    paging = branch.want.paging or Paging()
    paging.order = paging.order or own
    paging.peeks = branch.want.page is not None and branch.want.page.peeks
    return paging
