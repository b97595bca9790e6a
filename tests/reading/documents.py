"""Random documents: valid by construction, small enough to run, and as odd as the specification allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from db.shapes import By
from resolvers.readings import reading_of
from tests.reading.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLField, GraphQLSchema

    from tests.reading.values import Below, Known

MOST_FIELDS, MOST_LISTS = 35, 3
ODD_NAMES = ("r", "e", "v", "s", "k", "typename", "keys", "items", "get", "None", "class", "g1", "_")


@dataclass(frozen=True)
class Document:
    """A document and the variables that are sent with it."""

    text: str
    variables: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a selection stands: what it may still contain, and what its response keys must not clash with.

    `shared` is the inside of a named fragment, which may be spread anywhere; `mixed` that of an abstract type.
    """

    path: tuple[str, ...]
    lists: int = MOST_LISTS
    shared: bool = False
    mixed: bool = False
    taken: dict[str, tuple[str, str, GraphQLObjectType]] = field(default_factory=dict)  # key → head, field's name, type


@cache
def _integers(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@st.composite
def documents(draw: Callable[[st.SearchStrategy[int]], int], schema: GraphQLSchema, known: Known) -> Document:
    """Draw a document for a schema; `known` holds values that its arguments can meaningfully have."""
    return Writer(lambda number: draw(_integers(number - 1)), schema, known).document()


class Writer:
    """Writes one document; `below(n)` decides, smaller answers making simpler documents."""

    def __init__(self, below: Below, schema: GraphQLSchema, known: Known) -> None:
        self.schema = schema
        self.values = Values(below, known)
        self.below, self.pick, self.chance = below, self.values.pick, self.values.chance
        self.left = MOST_FIELDS
        self.fragments: dict[str, tuple[str, str, int]] = {}
        self.places: dict[tuple[str, ...], Place] = {}
        self.names = 0
        self.odd = list(ODD_NAMES)

    def document(self) -> Document:
        """Return a query with all its fragments and variables."""
        query = self.schema.query_type
        assert query is not None
        place = Place(())
        parts = [self._part(query, place)]
        while self.left > 0 and len(parts) < 4 and self.chance(50):
            parts.append(self._part(query, place))
        body = " ".join(parts)
        text = f"query Q{self.values.variables.text} {{ {body} }}"
        fragments = [f"fragment {name} on {type_} {body}" for name, (type_, body, _) in self.fragments.items()]
        return Document("\n".join([text, *fragments]), self.values.variables.sent)

    def _selection(self, type_: Any, place: Place) -> str:
        """Return a selection set of a type."""
        if isinstance(type_, GraphQLObjectType):
            parts = [self._part(type_, place) for _ in range(1 + self.below(5))]
        else:
            parts = [self._of_abstract(type_, place) for _ in range(1 + self.below(4))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, type_: GraphQLObjectType, place: Place) -> str:
        kind = self.below(20)
        if kind == 19 and self.left > 0 and not place.mixed:
            return self._spread(type_, place)
        if kind >= 17 and self.left > 0:
            condition = self.pick([f"on {type_.name} ", "", *(f"on {each.name} " for each in type_.interfaces)])
            inside = get_named_type(self.schema.get_type(condition[3:-1])) if condition else type_
            inner = place if inside is type_ else self._mixed(place)
            return f"... {condition}{self._directives()}{self._selection(inside, inner)}"
        return self._field(type_, place)

    def _of_abstract(self, type_: GraphQLInterfaceType | GraphQLUnionType, place: Place) -> str:
        inner = self._mixed(place)
        if self.left <= 0 or self.chance(15):
            return "__typename"
        if isinstance(type_, GraphQLInterfaceType) and self.chance(20):
            return f"id {self._directives()}"
        possible = self.pick(list(self.schema.get_possible_types(type_)))
        return f"... on {possible.name} {self._directives()}{self._selection(possible, inner)}"

    def _mixed(self, place: Place) -> Place:
        return Place(place.path, place.lists, place.shared, mixed=True, taken=place.taken)

    def _spread(self, type_: GraphQLObjectType, place: Place) -> str:
        """Spread a named fragment: one that is there already, or a new one."""
        fitting = [name for name, (on, _, lists) in self.fragments.items() if on == type_.name and lists <= place.lists]
        if fitting and self.chance(60):
            return f"...{self.pick(fitting)} {self._directives()}"
        name = f"F{self._number()}"
        body = self._selection(type_, Place((name,), place.lists, shared=True))
        self.fragments[name] = (type_.name, body, place.lists)
        return f"...{name} {self._directives()}"

    def _field(self, type_: GraphQLObjectType, place: Place) -> str:
        self.left -= 1
        again = [(key, head, name) for key, (head, name, of) in place.taken.items() if of is type_]
        if again and self.left > 0 and self.chance(10):
            key, head, name = self.pick(again)
            return f"{head} {self._directives()}{self._below(type_, name, place, key)}"
        name, field = self._choose(type_, place)
        if field is None:
            return "__typename"
        arguments = self.values.arguments(field, name, root=not place.path) if field.args else ""
        key = self._key(name, field, place)
        head = f"{name}{arguments}" if key == name else f"{key}: {name}{arguments}"
        place.taken[key] = (head, name, type_)
        return f"{head} {self._directives()}{self._below(type_, name, place, key)}"

    def _choose(self, type_: GraphQLObjectType, place: Place) -> tuple[str, GraphQLField | None]:
        fields = {name: each for name, each in type_.fields.items() if is_planned(type_, each, name)}
        leaves = [name for name, each in fields.items() if is_leaf_type(_named(each))]
        others = [
            name
            for name, each in fields.items()
            if name not in leaves and self.left > 0 and (place.lists > 0 or not _is_list(type_, each))
        ]
        name = (
            self.pick(others)
            if others and (not leaves or self.chance(50))
            else self.pick(["__typename", *leaves, *leaves])
        )
        return name, fields.get(name)

    def _key(self, name: str, field: GraphQLField, place: Place) -> str:
        """Return a response key that clashes with no other: names of fields, unless something else is under them."""
        if place.mixed and name != "id":
            return f"a{self._number()}"
        if field.args and (place.shared or name in place.taken):
            return f"a{self._number()}"
        if self.chance(25):
            return self._alias(place)
        return name

    def _alias(self, place: Place) -> str:
        if not place.path and self.odd and self.chance(50):
            return self.odd.pop()
        return f"a{self._number()}"

    def _below(self, type_: GraphQLObjectType, name: str, place: Place, key: str) -> str:
        named = _named(type_.fields[name])
        if is_leaf_type(named):
            return ""
        path = (*place.path, key)
        lists = place.lists - _is_list(type_, type_.fields[name])
        return self._selection(named, self.places.setdefault(path, Place(path, lists, place.shared)))

    def _directives(self) -> str:
        if not self.chance(10):
            return ""
        return f"@{self.pick(['include', 'skip'])}(if: {self.values.condition()}) "

    def _number(self) -> int:
        self.names += 1
        return self.names


def _named(field: GraphQLField) -> Any:
    return get_named_type(field.type)


def is_planned(type_: Any, field: GraphQLField, name: str) -> bool:
    """Tell whether a plan answers a field: not what asks the PSA, nor what has a resolver of its own."""
    fields = type_.fields.values() if isinstance(type_, GraphQLObjectType) else ()
    if name.startswith("__") or not any(reading_of(each) is not None for each in fields):
        return name not in {"__schema", "__type"}
    return reading_of(field) is not None and not isinstance(reading_of(field), By)


def _is_list(type_: GraphQLObjectType, field: GraphQLField) -> bool:
    """Tell whether a field has many rows; those of a connection are counted where the connection stands."""
    inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if type_.name.endswith(("Connection", "Edge")):
        return False
    return isinstance(inner, GraphQLList) or _named(field).name.endswith("Connection")
