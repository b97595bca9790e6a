"""A statement in the making: the cells asked of its rows, and the one-rows joined to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.relations import ENTITIES, Entity, Itself, Relation, Summary, ToMany, ToOne
from db.shapes import By, Computed, Fact, Many, One, Page, Typename

from .joins import Joins
from .readers import reader_for
from .rows import Row, narrowed
from .trees import Apply, Below, Cell, Constant, Fetch, Record
from .writing import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.shapes import Shape, Want

    from .fragments import Fragments


@dataclass(slots=True)
class Branch:
    """A list that hangs on rows of a level and is not fetched yet; `name` is (entity, relation)."""

    relation: ToMany
    name: tuple[str, str]
    want: Want
    fetch: Fetch
    key: int


class Level:
    """Cells and joins over one FROM clause."""

    def __init__(self, fragments: Fragments, numbers: Iterator[int]) -> None:
        self.fragments = fragments
        self.cells: list[Text] = []
        self._places: dict[Text, int] = {}
        self.joins = Joins(fragments, self.alias)
        self.branches: list[Branch] = []
        self._numbers = numbers
        self._known: dict[Any, Any] = {}  # by row: rows compare by identity, and the keys keep them alive

    def alias(self) -> str:
        """Return a name for a table of the statement."""
        return f"t{next(self._numbers)}"

    def cell(self, row: Row, entity: Entity, name: str) -> Cell:
        """Return the place of a fact, asking for it once however often it is wanted."""
        known = self._known.get((row, entity.name, name))
        if known is None:
            known = self._elsewhere(row, entity, name) or self.add(row.fact(self.fragments, entity, name))
            self._known[row, entity.name, name] = known
        return known

    def add(self, text: Text) -> Cell:
        """Put an expression into the SELECT list, where it is not there already."""
        index = self._places.setdefault(text, len(self.cells))
        if index == len(self.cells):
            self.cells.append(text)
        return Cell(index, reader_for(text.type, sqlite=self.fragments.sqlite))

    def _elsewhere(self, row: Row, entity: Entity, name: str) -> Cell | None:
        """Return a fact that is named `relation.fact`: it stands in the row of a to-one relation."""
        place = entity.facts.get(name, name)
        if not isinstance(place, str) or "." not in place:
            return None
        relation, _, fact = place.partition(".")
        target, inner = self._to(entity, row, relation)
        return self.cell(inner, target, fact)

    def record(self, entity: Entity, row: Row, shape: Shape, presence: int | None) -> Record:
        """Ask for everything a shape wants of a row."""
        record = Record(shape.typename, presence)
        for key, want in shape.wants.items():
            match want.reading:
                case Typename():
                    record.entries[key] = Constant(shape.typename)
                case Fact(name):
                    record.entries[key] = self.cell(row, entity, name)
                case Computed(compute, needs):
                    record.entries[key] = Apply(compute, [self.cell(row, entity, need) for need in needs])
                case By(_, needs):
                    record.asks.append((key, want.reading, [self.cell(row, entity, need) for need in needs]))
                case One(name):
                    assert want.shape is not None  # noqa: S101 - a to-one is never wanted without a selection
                    record.entries[key] = self.record(*self._seen(entity, row, name, want.shape))
                case Many(name) | Page(name):
                    record.entries[key] = self._many(entity, row, name, want)
        return record

    def _seen(self, entity: Entity, row: Row, name: str, shape: Shape) -> tuple[Entity, Row, Shape, int | None]:
        presence = None
        target, inner = self._to(entity, row, name)
        if isinstance(entity.relations[name], ToOne):
            presence = self.cell(inner, target, _never_null(target, shape)).index
        return target, inner, shape, presence

    def _to(self, entity: Entity, row: Row, name: str) -> tuple[Entity, Row]:
        relation = entity.relations[name]
        known = self._known.get((row, entity.name, "→", name))
        if known is None:
            known = self._known[row, entity.name, "→", name] = self._joined(entity, row, name, relation)
        return ENTITIES[relation.target], known

    def _joined(self, entity: Entity, row: Row, name: str, relation: Relation) -> Row:
        match relation:
            case ToOne():
                return self.joins.to_one(entity, row, name, relation)
            case Itself(values=values):
                facts = {fact: row.fact(self.fragments, entity, outer) for fact, outer in values.items()}
                return Row(values=facts, under=row)
            case Summary():
                return self.joins.summary(entity, row, name, relation)
        message = f"{entity.name}.{name} is no to-one relation"
        raise TypeError(message)

    def _many(self, entity: Entity, row: Row, name: str, want: Want) -> Below:
        relation = entity.relations[name]
        if not isinstance(relation, ToMany):
            message = f"{entity.name}.{name} is no to-many relation"
            raise TypeError(message)
        key = self.cell(row, entity, relation.key).index
        branch = Branch(relation, (entity.name, name), want, Fetch(next(self._numbers)), key)
        self.branches.append(branch)
        return Below(branch.fetch, key)

    def kept(self, base: str, row: Row, key: Text | None = None) -> str:
        """Return what to read pages and their keys from: written down first, where a join begins with all of them.

        The key is not quoted, so that it is not taken for a column that the statement wants of the rows (`narrowed`).
        """
        if not self.joins.at_once:
            return base
        columns = f"{row.alias}.*"
        if key is not None:
            self.cells[self.cells.index(key)] = Text(f"{row.alias}.parent", key.type)
            columns = f"{key.sql} AS parent, {columns}"
        self.joins.write_down(row.alias, f"SELECT {columns} FROM {base}")
        return row.alias

    def statement(self, base: str, where: list[str], order: list[str]) -> str:
        """Return the SELECT of all cells over the base and what was joined to it."""
        cells = [cell.sql for cell in self.cells] or ["NULL"]  # a selection may come to nothing but __typename
        parts = [*self.joins.before, f"SELECT {', '.join(cells)}", f"FROM {base}", *self.joins.texts]
        parts += [f"WHERE {' AND '.join(where)}"] if where else []
        parts += [f"ORDER BY {', '.join(order)}"] if order else []
        return narrowed("\n".join(parts))


def _never_null(entity: Entity, shape: Shape) -> str:
    """Return a fact by which a row can be told from none: one that is wanted anyway, else what identifies it."""
    columns: Any = entity.table.__table__.c  # type: ignore[union-attr]
    for want in shape.wants.values():
        if isinstance(want.reading, Fact) and want.reading.name not in entity.facts:
            name = want.reading.name
            if name in columns and not columns[name].nullable:
                return name
    return entity.identity
