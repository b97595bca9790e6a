"""The words in which tables are joined into a graph: entities, their facts, filters, orders and relations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, JSON, String, and_, any_, bindparam, exists, func, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.types import Date, TypeDecorator

from .organizations import Organization
from .projects.tables import ProjectMember
from .types import Instant, Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    Row = Any  # a mapped alias, a derived table's columns or a `Keyed` row: they answer to the same names
    Rule = Callable[[Row, "Asker"], ColumnElement[Any]]


class Asker:
    """Who asks and when, as SQL sees it: parameters that every plan leaves open."""

    def __init__(self, *, sees_all: bool, sqlite: bool) -> None:
        self.sees_all = sees_all
        self.sqlite = sqlite
        self.org = bindparam("org", type_=Key, required=False)
        self.user = bindparam("user", type_=Key, required=False)
        self.today = bindparam("today", type_=Date(), required=False)
        self.now = bindparam("now", type_=Instant(), required=False)

    def member_of(self, project_id: ColumnElement[str]) -> ColumnElement[bool]:
        """The visibility rule: a project is there for its members, and for those who see everything."""
        if self.sees_all:
            return true()
        member = aliased(ProjectMember)
        return exists().where(
            member.org_id == self.org, member.project_id == project_id, member.user_id == self.user
        )


    def among(self, column: ColumnElement[Any], values: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether a column is one of the values of a list parameter (made with type `Listed`)."""
        if self.sqlite:
            return column.in_(select(func.json_each(values).table_valued("value").c.value))
        return column == any_(values)


class Listed(TypeDecorator[list[str]]):
    """A list of keys or words as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick what the driver takes."""
        return dialect.type_descriptor(JSON() if dialect.name == "sqlite" else ARRAY(String()))


class Keyed:
    """A row that is only known by values at hand: a key that was given, or columns of the row it hangs on."""

    def __init__(self, under: Row = None, **values: Any) -> None:
        self._under = under
        self._values = values

    def __getattr__(self, name: str) -> Any:
        """Answer a value, or what the row underneath says."""
        values = object.__getattribute__(self, "_values")
        return values[name] if name in values else getattr(object.__getattribute__(self, "_under"), name)


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
    convert: Callable[[Any], Any] | None = None


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
    unless_null: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One computed row per row: a select correlated to it, whose labelled columns are the facts of `target`."""

    target: str
    select: Callable[[Row, Asker], Select[Any]]


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
    the row, or `relation.fact` where it stands in a row to which this one leads.
    """

    name: str
    table: type[Any] | None = None
    facts: Mapping[str, Rule | str] = field(default_factory=dict)
    relations: Mapping[str, Relation] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    default_order: tuple[str, bool] = ("id", False)
    visible: Callable[[Row, Asker], ColumnElement[bool]] = lambda _row, _asker: true()
    always: bool = False

    def __post_init__(self) -> None:
        """Make the entity findable by its name."""
        ENTITIES[self.name] = self

    def fact(self, row: Row, name: str, asker: Asker) -> ColumnElement[Any]:
        """Return a fact of a row as an expression."""
        rule = self.facts.get(name)
        return rule(row, asker) if callable(rule) else getattr(row, name)

    def sorting(self, row: Row, order: tuple[str, bool]) -> list[tuple[ColumnElement[Any], TypeEngine[Any]]]:
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


def within(asker: Asker, row: Row, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the conditions with the organisation before them: no statement goes without it."""
    return and_(row.org_id == asker.org, *conditions)


__all__ = [
    "ENTITIES", "Asker", "Entity", "Filter", "Itself", "Keyed", "Order", "Organization", "Relation", "Summary",
    "Through", "ToMany", "ToOne", "equal", "within",
]  # fmt: skip
