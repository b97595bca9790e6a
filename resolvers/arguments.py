"""A field's arguments as far as the document decides them; what only a request knows stays a way to its value."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    value_from_ast,
)

from db.shapes import Const, Given, Paging, Var

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FieldNode, GraphQLField

NOTHING = (None, Undefined)


class Arguments:
    """Reads arguments with one set of variables. A value that is null counts as not given."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.lasting = True  # False once a value of a variable had to be taken into the shape itself
        self.misplaced = False  # True once a variable brought null where none may be: an error, graphql-core's to tell

    def of(self, field: GraphQLField, node: FieldNode) -> dict[str, Given]:
        """Return what is there and not null, fields of input objects under dotted names."""
        found: dict[str, Given] = {}
        nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name, argument in field.args.items():
            if name in nodes:
                self._node(name, argument.type, nodes[name], argument.default_value, found)
            elif argument.default_value not in NOTHING:
                found[name] = Const(argument.default_value)
        return found

    def paging(self, field: GraphQLField, node: FieldNode) -> Paging:
        """Return how a connection's arguments cut it; those that are not Relay's are filters."""
        given = self.of(field, node)
        paging = Paging(first=given.pop("first", Paging().first), after=given.pop("after", None))
        by, direction = given.pop("orderBy.field", None), given.pop("orderBy.direction", None)
        if isinstance(by, Const):
            paging.order = (by.value.value, isinstance(direction, Const) and direction.value.value == "DESC")
        paging.filters = {
            python_name(field.args[name], name) if name in field.args else name.removeprefix("filter."): value
            for name, value in given.items()
        }
        return paging

    def _node(self, name: str, type_: Any, node: Any, default: Any, found: dict[str, Given]) -> None:
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(node, VariableNode):
            variable = node.name.value
            if variable in self.variables:
                self.misplaced |= named is not type_ and self.variables[variable] is None
                self._value(name, named, (variable,), self.variables[variable], found)
            elif default not in NOTHING:
                found[name] = Const(default)
        elif isinstance(named, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            self._object(name, named, node, found)
        else:
            self.lasting = self.lasting and not self._takes_values(node)
            value = value_from_ast(node, type_, dict(self.variables))
            self.misplaced |= value is Undefined
            if value not in NOTHING:
                found[name] = Const(value)

    def _takes_values(self, node: Any) -> bool:
        """Tell whether a literal holds a variable whose value is not in the signature."""
        if isinstance(node, ListValueNode):
            return any(map(self._takes_values, node.values))
        if isinstance(node, ObjectValueNode):
            return any(self._takes_values(entry.value) for entry in node.fields)
        if not isinstance(node, VariableNode):
            return False
        value = self.variables.get(node.name.value)
        return value is not None and not isinstance(value, (bool, Enum))

    def _object(self, name: str, type_: GraphQLInputObjectType, node: ObjectValueNode, found: dict[str, Given]) -> None:
        nodes = {entry.name.value: entry.value for entry in node.fields}
        for key, field in type_.fields.items():
            place = f"{name}.{python_name(field, key)}"
            if key in nodes:
                self._node(place, field.type, nodes[key], field.default_value, found)
            elif field.default_value not in NOTHING:
                found[place] = Const(field.default_value)

    def _value(self, name: str, type_: Any, path: tuple[str, ...], value: Any, found: dict[str, Given]) -> None:
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if value is None:
            return
        if isinstance(type_, GraphQLInputObjectType):
            for key, entry in value.items():
                field = type_.fields[key]
                self._value(f"{name}.{python_name(field, key)}", field.type, (*path, key), entry, found)
        elif isinstance(type_, GraphQLEnumType) or isinstance(value, bool):
            found[name] = Const(value)  # a switch: part of the signature
        else:
            found[name] = Var(path)


def signature(value: Any) -> Any:
    """Return what shapes may depend on in a variable's value: presence, null, switches and words."""
    if value is None or isinstance(value, (bool, Enum)):
        return value
    if isinstance(value, dict):
        return tuple((key, signature(entry)) for key, entry in value.items())
    return list if isinstance(value, list) else str


def python_name(field: Any, graphql_name: str) -> str:
    """Return an input field's name in this house."""
    declared = (field.extensions or {}).get("strawberry-definition")
    return declared.python_name if declared is not None else graphql_name
