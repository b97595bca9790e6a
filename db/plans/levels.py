"""A statement in the making: where its rows come from, the cells asked of them, the one-rows joined to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, select, true
from sqlalchemy.orm import aliased, join

from db.relations import ENTITIES, Asker, Entity, Itself, Keyed, Relation, Summary, ToMany, ToOne, within
from db.shapes import By, Computed, Fact, One, Typename

from .readers import reader_for
from .trees import Apply, Below, Cell, Fetch, Record, Text

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause

    from db.shapes import Shape, Want


@dataclass(slots=True)
class Branch:
    """A list that hangs on rows of a level and is not fetched yet; `outer` is the row it hangs on."""

    relation: ToMany
    want: Want
    outer: Any
    fetch: Fetch
    key: int


class Level:
    """Cells and joins over one FROM clause."""

    def __init__(self, asker: Asker, *, sqlite: bool, numbers: Any) -> None:
        self.asker = asker
        self.sqlite = sqlite
        self.cells: list[ColumnElement[Any]] = []
        self.joins: list[tuple[Any, Any]] = []
        self.branches: list[Branch] = []
        self._numbers = numbers
        self._known: dict[Any, Any] = {}
        self._held: list[Any] = []  # rows are known by identity, which holds only while they live

    def cell(self, row: Any, entity: Entity, name: str) -> Cell:
        """Return the place of a fact, asking for it once however often it is wanted."""
        known = self._known.get((id(row), entity.name, name))
        if known is None:
            known = self._elsewhere(row, entity, name) or self.add(entity.fact(row, name, self.asker))
            self._known[id(row), entity.name, name] = known
        return known

    def _elsewhere(self, row: Any, entity: Entity, name: str) -> Cell | None:
        """Return a fact that is named `relation.fact`: it stands in the row of a to-one relation."""
        place = entity.facts.get(name, name)
        if not isinstance(place, str) or "." not in place:
            return None
        relation, _, fact = place.partition(".")
        target, inner, _presence = self._to(entity, row, relation)
        return self.cell(inner, target, fact)

    def add(self, expression: ColumnElement[Any]) -> Cell:
        """Append an expression to the SELECT list."""
        self.cells.append(expression)
        return Cell(len(self.cells) - 1, reader_for(expression.type, sqlite=self.sqlite))

    def record(self, entity: Entity, row: Any, shape: Shape, presence: int | None) -> Record:
        """Ask for everything a shape wants of a row."""
        record = Record(shape.typename, presence)
        for key, want in shape.wants.items():
            match want.reading:
                case Typename():
                    record.entries[key] = Text(shape.typename)
                case Fact(name):
                    record.entries[key] = self.cell(row, entity, name)
                case Computed(compute, needs):
                    record.entries[key] = Apply(compute, [self.cell(row, entity, need) for need in needs])
                case By(_, needs):
                    record.asks.append((key, want.reading, [self.cell(row, entity, need) for need in needs]))
                case One(name):
                    record.entries[key] = self._one(entity, row, name, want)
                case many:
                    record.entries[key] = self._many(entity, row, many.name, want)
        return record

    def _one(self, entity: Entity, row: Any, name: str, want: Want) -> Record:
        assert want.shape is not None  # noqa: S101 - a to-one is never wanted without a selection
        target, inner, presence = self._to(entity, row, name)
        return self.record(target, inner, want.shape, presence)

    def _to(self, entity: Entity, row: Any, name: str) -> tuple[Entity, Any, int | None]:
        joined = self._known.get((id(row), entity.name, "→", name))
        if joined is None:
            joined = self._joined(entity, row, entity.relations[name])
            self._known[id(row), entity.name, "→", name] = joined
            self._held.append(row)
        return joined

    def _joined(self, entity: Entity, row: Any, relation: Relation) -> tuple[Entity, Any, int | None]:
        target = ENTITIES[relation.target]
        match relation:
            case ToOne(match=match, where=where):
                inner = aliased(target.table)
                same = [getattr(inner, mine) == entity.fact(row, outer, self.asker) for mine, outer in match.items()]
                narrowed = [where(inner, self.asker)] if where else []
                self.joins.append((inner, within(self.asker, inner, *same, *narrowed)))
                return target, inner, self.cell(inner, target, "id").index
            case Itself(values=values, unless_null=needed):
                facts = {name: entity.fact(row, outer, self.asker) for name, outer in values.items()}
                presence = None if needed is None else self.cell(row, entity, needed).index
                return target, Keyed(row, **facts), presence
            case Summary(select=summarise):
                return target, self._summary(summarise(row, self.asker)), None
        message = f"{entity.name}.{relation} is no to-one relation"
        raise TypeError(message)

    def _summary(self, summary: Select[Any]) -> Any:
        if self.sqlite:  # no LATERAL there: each fact is a scalar sub-select of its own
            return Keyed(None, **{
                column.key: summary.with_only_columns(column, maintain_column_froms=True).scalar_subquery()
                for column in summary.selected_columns
            })  # fmt: skip
        lateral = summary.lateral()
        self.joins.append((lateral, true()))
        return Keyed(None, **dict(lateral.c))

    def _many(self, entity: Entity, row: Any, name: str, want: Want) -> Below:
        relation = entity.relations[name]
        if not isinstance(relation, ToMany):
            message = f"{entity.name}.{name} is no to-many relation"
            raise TypeError(message)
        key = self.cell(row, entity, relation.key).index
        branch = Branch(relation, want, row, Fetch(next(self._numbers)), key)
        self.branches.append(branch)
        return Below(branch.fetch, key)

    def statement(self, base: FromClause, *where: ColumnElement[bool]) -> Select[Any]:
        """Return the SELECT of all cells over the base and what was joined to it."""
        for target, on in self.joins:
            base = join(base, target, on, isouter=True)
        chosen = select(*(cell.label(f"c{number}") for number, cell in enumerate(self.cells)))
        return chosen.select_from(base).where(and_(true(), *where))
