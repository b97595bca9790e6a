"""The schema as the walk wants it: every name one step away. What it cannot be sure of is not in here."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    TypeNameMetaFieldDef,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

Place = GraphQLArgument | GraphQLInputField
SWITCHES = ("include", "skip")
ROOTS = (OperationType.QUERY, OperationType.MUTATION)


@dataclass(frozen=True, slots=True)
class Taker:
    """What takes named values: a field, a directive, an input object."""

    places: Mapping[str, Place]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `named` is the name of its type without what is wrapped around it."""

    type: GraphQLOutputType
    named: str
    taker: Taker


@dataclass(frozen=True, slots=True)
class Kind:
    """An object type, interface or union: its fields, and the object types that its values may have."""

    fields: Mapping[str, Field]
    possible: frozenset[str]


class Kinds:
    """A schema's composite types and input objects by name, its roots, and the directives that switch selections."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Read the schema, but for the fields __schema and __type: who asks about the schema itself is not hurried."""
        self.composite: dict[str, Kind] = {}
        self.inputs: dict[str, Taker] = {}
        for name, type_ in schema.type_map.items():
            if isinstance(type_, GraphQLInputObjectType) and not type_.is_one_of:
                self.inputs[name] = _taker(type_.fields)
            elif (possible := _possible(schema, type_)) is not None:
                self.composite[name] = Kind(_fields(type_), possible)
        self.switches = {each.name: _taker(each.args) for each in schema.directives if each.name in SWITCHES}
        roots = {operation: schema.get_root_type(operation) for operation in ROOTS}
        self.roots = {operation: self.composite[root.name] for operation, root in roots.items() if root}


def _possible(schema: GraphQLSchema, type_: GraphQLNamedType) -> frozenset[str] | None:
    if isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType)):
        return frozenset(each.name for each in schema.get_possible_types(type_))
    return frozenset([type_.name]) if isinstance(type_, GraphQLObjectType) else None


def _fields(type_: GraphQLNamedType) -> dict[str, Field]:
    declared = type_.fields if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)) else {}
    return {name: _field(each) for name, each in {**declared, "__typename": TypeNameMetaFieldDef}.items()}


def _field(field: GraphQLField) -> Field:
    return Field(field.type, get_named_type(field.type).name, _taker(field.args))


def _taker(places: Mapping[str, Place]) -> Taker:
    return Taker(places, frozenset(name for name, place in places.items() if _is_required(place)))


def _is_required(place: Place) -> bool:
    return is_required_argument(place) if isinstance(place, GraphQLArgument) else is_required_input_field(place)
