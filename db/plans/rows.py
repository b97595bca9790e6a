"""Rows of a statement in the making: where the facts of an entity stand in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .writing import PLACE, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from db.relations import Entity

    from .fragments import Fragments

WANTED = re.compile(r"<(\w+)\.(\w+)>")  # begins with what is rare in SQL, so that a long text is soon searched


@dataclass(slots=True, eq=False)
class Row:
    """A row called `alias`; `values` are facts that stand elsewhere, `under` the row that has the rest."""

    alias: str = ""
    values: Mapping[str, Text] = field(default_factory=dict)
    under: Row | None = None

    def place(self, name: str) -> str:
        """Return a column's text."""
        if name in self.values:
            return self.values[name].sql
        return self.under.place(name) if self.under else f'{self.alias}."{name}"'

    def put(self, sql: str) -> str:
        """Return a fragment about this row."""

        def place(found: re.Match[str]) -> str:
            return self.place(found[2])

        return PLACE.sub(place, sql)

    def fact(self, fragments: Fragments, entity: Entity, name: str) -> Text:
        """Return a fact of this row seen as an entity."""
        if name not in entity.facts and name in self.values:
            return self.values[name]
        if name not in entity.facts and self.under is not None:
            return self.under.fact(fragments, entity, name)
        found = fragments.fact(entity, name)
        return Text(self.put(found.sql), found.type)


def wanted_of(outer: Row, inner: Row) -> str:
    """Return what stands for the columns of a sub-select, until the statement has said what it wants of its rows."""
    return f"<{inner.alias}.{outer.alias}>"


def narrowed(sql: str) -> str:
    """Name the columns of every sub-select: a row is taken apart as far as its last one, and texts come last."""

    def columns(found: re.Match[str]) -> str:
        inner, outer = found.groups()
        wanted = dict.fromkeys(re.findall(rf'\b{outer}\."(\w+)"', sql))
        return ", ".join(f'{inner}."{name}"' for name in wanted) or "NULL"

    return WANTED.sub(columns, sql)
