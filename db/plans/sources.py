"""Where the rows of a statement come from: given keys, pages cut by keyset, lists and pages below other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.types import Integer

from db.askers import Sight, Way
from db.relations import ENTITIES

from .cuts import Cuts
from .rows import Row, wanted_of
from .writing import BETWEEN, INNER, Text, named

if TYPE_CHECKING:
    from db.relations import Entity, ToMany
    from db.shapes import Paging


KEYS = ":keys::text::text[]"  # see binding: an array comes as its text


class Sources(Cuts):
    """FROM clauses and conditions for one plan."""

    def keys(self) -> tuple[str, Text]:
        """Return the keys of a request or of the parent's rows as a table, and its column."""
        alias = self.alias()
        key = Text(f"{alias}.value", self.fragments.asker.org.type)
        if self.fragments.sqlite:
            return f"json_each(:keys) AS {alias}", key
        return f"unnest({KEYS}) AS {alias}(value)", key

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
            return (
                f"{named(target.table)} AS {row.alias} ON {row.alias}.org_id = :org AND {row.alias}.id IN ({ids})",
                row,
            )
        page = self.limited(f"SELECT {wanted_of(row, inner)} FROM {source} WHERE {conditions} {tail}", paging)
        return f"LATERAL ({page}) AS {row.alias} ON true", row

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

    def count_of(self, entity: Entity, paging: Paging) -> str:
        """Return the number of all rows that the asker may see and the filters let through."""
        known = None if paging.filters else self.fragments.seen(entity)
        if known is not None:
            return known
        counted, _row, conditions = self.all_of(entity, paging, Way.ANY)
        return f"(SELECT count(*) FROM {counted} WHERE {' AND '.join(conditions)})"

    def all_of(self, entity: Entity, paging: Paging | None, way: Way) -> tuple[str, Row, list[str]]:
        """Return FROM, a fresh row of an entity, and the conditions under which the asker may see it."""
        row = Row(self.alias())
        where = [row.put(self.fragments.visible(entity, way)), *self.filters(entity, row, paging)]
        return f"{named(entity.table)} AS {row.alias}", row, where

    def page_of(self, entity: Entity, paging: Paging, shown: Row) -> str:
        """Return a page of an entity's rows as a sub-select, `shown` being its rows as the statement sees them.

        Who belongs to many projects finds a page soon by walking the order and looking each row up; who belongs to few
        would walk for long, and begins with those few.
        """
        is_few = self.fragments.sight is Sight.FEW and not self.fragments.sqlite
        base, row, where = self.all_of(entity, paging, Way.FEW if is_few else Way.EACH)
        after, tail = self.cut(entity, row, paging)
        rows = f"{base} WHERE {' AND '.join([*where, *after])}"
        if is_few:  # OFFSET keeps PostgreSQL from walking the order after all, as it knows the average member only
            rows = f"(SELECT {row.alias}.* FROM {rows} OFFSET 0) AS {row.alias}"
        page = self.limited(f"SELECT {wanted_of(shown, row)} FROM {rows} {tail}", paging)
        return f"({page}) AS {shown.alias}"

    def keyed(self, entity: Entity) -> tuple[str, Row, Text]:
        """Return FROM, row and key column for an entity's rows by given keys."""
        base, key = self.keys()
        own = {"id": key, "org_id": Text(":org", key.type)}
        if entity.table is None:
            return base, Row(values=own), key
        row = Row(self.alias())
        on = f"{row.alias}.id = {key.sql} AND {row.put(self.fragments.visible(entity))}"
        table = f"{named(entity.table)} AS {row.alias}"
        if entity.always:
            return f"{base} LEFT JOIN {table} ON {on}", Row(values=own, under=row), key
        return f"{base} JOIN {table} ON {on}", row, key
