"""What a statement joins to its rows: the one-rows that they lead to, and their summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.relations import ENTITIES

from .rows import Row, wanted_of
from .writing import IDS, INNER, Text, named

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.relations import Entity, Summary, ToOne

    from .fragments import Fragments


class Joins:
    """The joins of one statement, in their order; what must stand before its SELECT is in `before`.

    `page` is the row of what the statement begins with, where that can be written down: what is summed up for such rows
    is summed up for all of them at once. `many` says that they are of many pages, so that what they lead to is also
    found for all of them at once.
    """

    def __init__(self, fragments: Fragments, alias: Callable[[], str]) -> None:
        self.texts: list[str] = []
        self.before: list[str] = []
        self.page: Row | None = None
        self.many = False
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
        if self.many and row is self.page and is_plain:
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

    def write_down(self, name: str, rows: str) -> None:
        """Have rows read once, under that name, however often the statement goes through them."""
        self.before = [f"WITH {name} AS MATERIALIZED ({rows})"]

    def summary(self, entity: Entity, row: Row, name: str, relation: Summary) -> Row:
        """Join what is summed up for a row, and return it."""
        whole, columns = self._fragments.summary(entity, name, relation)
        if self._fragments.sqlite:  # no LATERAL there: each fact is a sub-select of its own
            return Row(values={key: Text(row.put(column.sql), column.type) for key, column in columns.items()})
        alias = self._alias()
        own = {key: Text(f"{alias}.{key}", column.type) for key, column in columns.items()}
        if relation.of_many and self.page and row.place("id") == self.page.place("id"):
            self._sum_up_at_once(self._fragments.summaries(entity, name, relation.of_many), self.page, alias)
            return Row(values={key: Text(f"coalesce({text.sql}, 0)", text.type) for key, text in own.items()})
        self.texts.append(f"LEFT JOIN LATERAL ({row.put(whole)}) AS {alias} ON true")
        return Row(values=own)

    def _sum_up_at_once(self, sums: str, page: Row, alias: str) -> None:
        """Join what is summed up for all rows of the page, walking the index for them once."""
        ids = f"ARRAY(SELECT {page.place('id')} FROM {page.alias})"
        self.texts.append(f"FULL JOIN ({sums.replace(IDS, ids)}) AS {alias} ON {alias}.key = {page.place('id')}")
        self.at_once = True
