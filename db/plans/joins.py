"""What a statement joins to its rows: the one-rows that they lead to, and their summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.relations import ENTITIES

from .fragments import INNER, Text, named
from .rows import Row, wanted_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.relations import Entity, Summary, ToOne

    from .fragments import Fragments


class Joins:
    """The joins of one statement, in their order; what must stand before its SELECT is in `before`.

    `pages` is the row of many pages, where a statement reads such: what these lead to is found for all of them at once.
    """

    def __init__(self, fragments: Fragments, alias: Callable[[], str]) -> None:
        self.texts: list[str] = []
        self.before: list[str] = []
        self.pages: Row | None = None
        self.at_once = False
        self._fragments = fragments
        self._alias = alias

    def to_one(self, entity: Entity, row: Row, name: str, relation: ToOne) -> Row:
        """Join the row that another leads to, and return it."""
        inner, narrowed = Row(self._alias()), self._fragments.joined(relation, (entity.name, name))
        table = named(ENTITIES[relation.target].table)
        leads = {mine: row.fact(self._fragments, entity, outer).sql for mine, outer in relation.match.items()}
        is_plain = (
            len(leads) == 1 and not entity.facts.keys() & relation.match.values()
        )  # a rule is no column of a page
        if row is self.pages and is_plain:
            self._look_up_at_once(row, table, narrowed, leads, inner)
            return inner
        same = [f"{inner.place(mine)} = {outer}" for mine, outer in leads.items()]
        conditions = " AND ".join([*same, narrowed.replace(INNER, inner.alias)])
        self.texts.append(f"LEFT JOIN {table} AS {inner.alias} ON {conditions}")
        return inner

    def _look_up_at_once(self, pages: Row, table: str, narrowed: str, leads: dict[str, str], inner: Row) -> None:
        """Join all that the rows of many pages lead to, found by one walk of an index.

        Whatever is found was led to, so FULL comes to LEFT. But no FULL JOIN can become a look for each row, nor a walk
        of all that was found for each row, however few rows PostgreSQL expects: it hashes, or merges.
        """
        [(mine, outer)], each = leads.items(), Row(self._alias())
        wanted = f"{each.place(mine)} = ANY (ARRAY(SELECT {outer} FROM {pages.alias}))"
        conditions = f"{wanted} AND {narrowed.replace(INNER, each.alias)}"
        found = f"SELECT {wanted_of(inner, each)} FROM {table} AS {each.alias} WHERE {conditions}"
        self.texts.append(f"FULL JOIN ({found}) AS {inner.alias} ON {inner.place(mine)} = {outer}")
        self.at_once = True

    def write_down(self, name: str, pages: str, key: Text) -> Text:
        """Have the pages read once, under that name, however often the statement goes through them; return their key.

        It is not quoted, so that it is not taken for a column that the statement wants of the rows (`narrowed`).
        """
        self.before = [f"WITH {name} AS MATERIALIZED (SELECT {key.sql} AS parent, {name}.* FROM {pages})"]
        return Text(f"{name}.parent", key.type)

    def summary(self, entity: Entity, row: Row, name: str, relation: Summary) -> Row:
        """Join what is summed up for a row, and return it."""
        whole, columns = self._fragments.summary(entity, name, relation)
        if self._fragments.sqlite:  # no LATERAL there: each fact is a sub-select of its own
            return Row(values={key: Text(row.put(column.sql), column.type) for key, column in columns.items()})
        alias = self._alias()
        self.texts.append(f"LEFT JOIN LATERAL ({row.put(whole)}) AS {alias} ON true")
        return Row(values={key: Text(f"{alias}.{key}", column.type) for key, column in columns.items()})
