"""Expressions of entities, compiled once per process to text with open places, so that a plan only joins strings.

SQLAlchemy writes the fragments (`writing.py` says what the places are), and knows both dialects; compiling whole
statements for every new document would cost more than parsing and validating it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, literal_column, true

from db.askers import ENVIRONMENT, Asker, Sight, Way
from db.relations import ENTITIES, Entity, Summary, ToMany, ToOne

from .writing import BETWEEN, IDS, INNER, OUTER, VALUE, Open, Text, Writer, called, named

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.engine import Dialect


@dataclass(frozen=True, slots=True)
class Children:
    """FROM, key column and conditions of the rows of a to-many relation; `r__1` is the child."""

    source: str
    key: Text
    where: str


class Fragments:
    """The fragments for one dialect and one kind of asker."""

    def __init__(self, dialect: Dialect, sight: Sight) -> None:
        self.sqlite = dialect.name == "sqlite"
        self.sight = sight
        self.asker = Asker(sees_all=sight is Sight.ALL, sqlite=self.sqlite)
        self.dialect = dialect
        self._writer = Writer(dialect)
        self._write = self._writer.expression
        self._known: dict[Any, Any] = {}

    def fact(self, entity: Entity, name: str) -> Text:
        """Return a fact of an entity's row."""
        return self._once(("fact", entity.name, name), lambda: self._fact(entity, name))

    def visible(self, entity: Entity, way: Way = Way.EACH) -> str:
        """Return the condition under which the asker may see a row, the organisation included."""

        def make() -> str:
            row = self._row(entity)
            return self._write(and_(row.org_id == self.asker.org, entity.visible(row, self._going(way))), row).sql

        return self._once(("visible", entity.name, way), make)

    def seen(self, entity: Entity) -> str | None:
        """Return the number of all rows that the asker may see, where no row needs to be looked at for it."""

        def make() -> str | None:
            if entity.seen_by is None or self.asker.sees_all:
                return None
            return self._write(entity.seen_by(self.asker).scalar_subquery()).sql

        return self._once(("seen", entity.name), make)

    def condition(self, entity: Entity, name: str, switch: bool | None) -> Text:  # noqa: FBT001 - a switch it is
        """Return a filter's condition over `:p__value`, or over the way a switch points; the type is the value's."""

        def make() -> Text:
            declared, row = entity.filters[name], self._row(entity)
            if declared.type is None:
                return self._write(declared.rule(row, self.asker, switch), row)
            value = bindparam(VALUE, type_=declared.type, required=False)
            return Text(self._write(declared.rule(row, self.asker, value), row).sql, declared.type)

        return self._once(("filter", entity.name, name, switch), make)

    def terms(self, entity: Entity, order: tuple[str, bool]) -> list[Text]:
        """Return the columns of an order, the id last."""

        def make() -> list[Text]:
            row = self._row(entity)
            return [Text(self._write(term, row).sql, type_) for term, type_ in entity.terms(row, order)]

        return self._once(("terms", entity.name, order), make)

    def joined(self, relation: ToOne, key: tuple[str, str]) -> str:
        """Return the condition that narrows the rows of a to-one relation beside its matching columns."""

        def make() -> str:
            inner = called(ENTITIES[relation.target].table, INNER)
            narrowed = relation.where(inner, self.asker) if relation.where else true()
            return self._write(and_(inner.org_id == self.asker.org, narrowed), inner).sql

        return self._once(("joined", *key), make)

    def children(self, relation: ToMany, key: tuple[str, str]) -> Children:
        """Return where the rows of a to-many relation come from."""
        return self._once(("children", *key), lambda: self._children(relation))

    def summary(self, entity: Entity, name: str, relation: Summary) -> tuple[str, dict[str, Text]]:
        """Return a summary's whole SELECT, and each of its columns as a sub-select of its own."""
        return self._once(("summary", entity.name, name), lambda: self._summary(entity, relation))

    def summaries(self, entity: Entity, name: str, of_many: Callable[[Any, Asker], Select[Any]]) -> str:
        """Return the SELECT of a summary for all rows whose ids are in `r__ids`."""
        return self._once(
            ("summaries", entity.name, name), lambda: self._writer.statement(of_many(literal_column(IDS), self.asker))
        )

    # Writing

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _going(self, way: Way) -> Asker:
        has_ways = self.sight is not Sight.ALL and not self.sqlite  # SQLite looks up each row anyway
        return Asker(sees_all=False, sqlite=False, way=way) if has_ways else self.asker

    def _row(self, entity: Entity) -> Any:
        return Open() if entity.table is None else called(entity.table, OUTER)

    def _fact(self, entity: Entity, name: str) -> Text:
        row, rule = self._row(entity), entity.facts.get(name)
        return self._write(rule(row, self.asker) if callable(rule) else getattr(row, name), row)

    def _children(self, relation: ToMany) -> Children:
        asker, target, through = self.asker, ENTITIES[relation.target], relation.through
        inner = called(target.table, INNER)
        conditions = [inner.org_id == asker.org]
        if relation.where:
            conditions.append(relation.where(inner, asker))
        if relation.crosses:
            conditions.append(target.visible(inner, self._going(Way.EACH)))
        source, key = f"{named(target.table)} AS {INNER}", f"{INNER}.{relation.column}"
        rows = [inner]
        if through:
            between = called(through.table, BETWEEN)
            rows.append(between)
            conditions.append(between.org_id == asker.org)
            if through.where:
                conditions.append(through.where(between, asker))
            source += f" JOIN {named(through.table)} AS {BETWEEN} ON {BETWEEN}.{through.inner} = {key}"
            key = f"{BETWEEN}.{through.outer}"
        return Children(source, Text(key, ENVIRONMENT["org"]), self._write(and_(*conditions), *rows).sql)

    def _summary(self, entity: Entity, relation: Summary) -> tuple[str, dict[str, Text]]:
        row = self._row(entity)
        chosen = relation.select(row, self.asker)
        whole = self._writer.correlated(chosen, row)
        columns = {
            str(column.key): self._write(
                chosen.with_only_columns(column, maintain_column_froms=True).scalar_subquery(), row
            )
            for column in chosen.selected_columns
        }
        return whole, columns
