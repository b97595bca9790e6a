"""The words in which tables are joined into a graph: entities, their facts, filters, orders and relations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import true

from .types import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.types import TypeEngine

    from .askers import Asker

    Row = Any  # a mapped alias, or a stand-in that answers to the same names
    Rule = Callable[[Row, Asker], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """A sortable fact. It is never null: an absent value is replaced, so that it sorts last in both directions."""

    by: Callable[[Row, bool], ColumnElement[Any]]
    type: TypeEngine[Any] = field(default_factory=lambda: Key)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition that a caller may set: `rule(row, asker, value)`, `value` being a parameter of `type`.

    Without a type the value is a switch, known when the plan is made: the rule gets True or False.
    """

    rule: Callable[[Row, Asker, Any], ColumnElement[bool]]
    type: TypeEngine[Any] | None = None


@dataclass(frozen=True, slots=True)
class ToOne:
    """The one row of `target` whose columns equal facts of this row: {inner: outer}; `where` narrows it."""

    target: str
    match: Mapping[str, str]
    where: Callable[[Row, Asker], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Itself:
    """The same row seen as another entity; `values` maps that entity's facts to facts of this row."""

    target: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """One computed row per row: a select correlated to it, whose labelled columns are the facts of `target`.

    `of_many` computes those of many rows at once: a select with a row and a `key` for each id of an array that there is
    something to sum up for. What it has none for has 0 for every fact.
    """

    target: str
    select: Callable[[Row, Asker], Select[Any]]
    of_many: Callable[[Any, Asker], Select[Any]] | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """A table between both sides: its `outer` column equals this row's key, its `inner` column the target's id."""

    table: type[Any]
    outer: str
    inner: str
    where: Callable[[Row, Asker], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """Rows of `target` that belong to this row: their `column` equals this row's `key`.

    `crosses` says that the way leads to other projects than the one stood in: the visibility rule is carried again.
    """

    target: str
    column: str
    key: str = "id"
    through: Through | None = None
    where: Callable[[Row, Asker], ColumnElement[bool]] | None = None
    crosses: bool = False
    order: str | None = None
    descending: bool = False


Relation = ToOne | ToMany | Itself | Summary


@dataclass(slots=True)
class Entity:
    """A kind of row that can be read.

    Columns need no mention: a fact that is not listed is an attribute of the row. One that is listed is a rule over
    the row, or `relation.fact` where it stands in a row to which this one leads. `identity` is a column that is never
    null; `always` says that a row is there for every key that is asked for. `seen_by` counts what a member may see
    where that is known without a look at the rows.
    """

    name: str
    table: type[Any] | None = None
    facts: Mapping[str, Rule | str] = field(default_factory=dict)
    relations: Mapping[str, Relation] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    default_order: tuple[str, bool] = ("id", False)
    visible: Callable[[Row, Asker], ColumnElement[bool]] = lambda _row, _asker: true()
    seen_by: Callable[[Asker], Select[int]] | None = None
    always: bool = False
    identity: str = "id"

    def __post_init__(self) -> None:
        """Make the entity findable by its name."""
        ENTITIES[self.name] = self

    def terms(self, row: Row, order: tuple[str, bool]) -> list[tuple[ColumnElement[Any], TypeEngine[Any]]]:
        """Return the columns of an order with their types; the id is always the last."""
        name, descending = order
        last = (row.id, Key)
        if name == "id":
            return [last]
        declared = self.orders[name]
        return [(declared.by(row, descending), declared.type), last]


ENTITIES: dict[str, Entity] = {}


def equal(column: str, type_: TypeEngine[Any] = Key) -> Filter:
    """Filter by equality with a column."""
    return Filter(lambda row, _asker, value: getattr(row, column) == value, type_)
