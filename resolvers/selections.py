"""A document's selection becomes a shape: aliases, merged fields, fragments, conditions, arguments. No SQL here."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    ObjectValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast,
)

from db.shapes import (
    By,
    Const,
    Given,
    Many,
    One,
    Page,
    PagePart,
    PageShape,
    Paging,
    Shape,
    Typename,
    Var,
    Want,
)

from .readings import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import FragmentDefinitionNode, GraphQLField, GraphQLSchema, SelectionSetNode

Fields = dict[str, list[FieldNode]]


class NotPlanned(Exception):  # noqa: N818 - a fact, not a failure: the standard finisher takes over
    """A field has a resolver of its own, so the whole answer cannot come from a plan."""


class Selections:
    """Reads one operation of one document with one set of variables.

    Values of variables never enter a shape, only which are there, which are null, and which way switches point:
    `signature` tells two sets of variables apart exactly as far as shapes do.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def fields(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """Return the field nodes by response key that apply to an object type, in the specification's order."""
        found: Fields = {}
        for selections in sets:
            if selections is not None:
                self._collect(type_, selections, found, set())
        return found

    def _collect(self, type_: GraphQLObjectType, selections: SelectionSetNode, found: Fields, seen: set[str]) -> None:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                node = self.fragments[node.name.value]  # noqa: PLW2901 - a spread stands for its fragment
            if self._applies(node.type_condition, type_):
                self._collect(type_, node.selection_set, found, seen)

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in {"skip", "include"}:
                value = directive.arguments[0].value
                given = self.variables[value.name.value] if isinstance(value, VariableNode) else value.value
                if given is (directive.name.value == "skip"):
                    return False
        return True

    def _applies(self, condition: Any, type_: GraphQLObjectType) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        named = self.schema.get_type(condition.name.value)
        abstract = isinstance(named, (GraphQLInterfaceType, GraphQLUnionType))
        return abstract and self.schema.is_sub_type(named, type_)

    def shape(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Shape:
        """Return what is wanted of each row of a type below these nodes."""
        shape = Shape(type_.name)
        for key, below in self.fields(type_, [node.selection_set for node in nodes]).items():
            if below[0].name.value == "__typename":
                shape.wants[key] = Want(Typename())
                continue
            field = type_.fields[below[0].name.value]
            shape.wants[key] = self._want(field, below)
        return shape

    def _want(self, field: GraphQLField, nodes: list[FieldNode]) -> Want:
        reading = reading_of(field)
        if reading is None:
            raise NotPlanned
        match reading:
            case One() | Many():
                return Want(reading, shape=self.shape(object_type(field), nodes))
            case Page():
                return Want(reading, page=self.page(object_type(field), nodes), paging=self.paging(field, nodes[0]))
            case By():
                return Want(reading)
        if is_composite_type(get_named_type(field.type)):
            raise NotPlanned
        return Want(reading)

    def page(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> PageShape:
        """Return what is wanted of a connection."""
        page = PageShape(type_.name)
        for key, below in self.fields(type_, [node.selection_set for node in nodes]).items():
            name = below[0].name.value
            if name in {"__typename", "totalCount"}:
                page.parts[key] = PagePart("typename" if name == "__typename" else name)
            elif name == "nodes":
                page.parts[key] = PagePart(name, shape=self.shape(object_type(type_.fields[name]), below))
            else:
                page.parts[key] = self._part(name, object_type(type_.fields[name]), below)
        return page

    def _part(self, kind: str, type_: GraphQLObjectType, nodes: list[FieldNode]) -> PagePart:
        part = PagePart(kind, typename=type_.name)
        for key, below in self.fields(type_, [node.selection_set for node in nodes]).items():
            name = below[0].name.value
            node = self.shape(object_type(type_.fields[name]), below) if name == "node" else None
            part.keys[key] = ("typename" if name == "__typename" else name, node)
        return part

    def paging(self, field: GraphQLField, node: FieldNode) -> Paging:
        """Return how a connection's arguments cut it; an argument that is null counts as not given."""
        given = self.arguments(field, node)
        order = {name: value.value for name, value in given.items() if name.startswith("orderBy.")}
        paging = Paging(filters={
            name.removeprefix("filter."): value for name, value in given.items() if name.startswith("filter.")
        })  # fmt: skip
        if "first" in given:
            paging.first = given["first"]
        paging.after = given.get("after")
        if "orderBy.field" in order:
            descending = order.get("orderBy.direction")
            paging.order = (order["orderBy.field"].value, getattr(descending, "value", "ASC") == "DESC")
        return paging

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Given]:
        """Return a field's arguments that are there and not null, fields of input objects under dotted names."""
        found: dict[str, Given] = {}
        nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        for name, argument in field.args.items():
            if name in nodes:
                self._given(name, argument.type, nodes[name], argument.default_value, found)
            elif argument.default_value not in {None, _undefined()}:
                found[name] = Const(argument.default_value)
        return found

    def _given(self, name: str, type_: Any, node: Any, default: Any, found: dict[str, Given]) -> None:
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(node, VariableNode):
            variable = node.name.value
            if variable in self.variables:
                self._variable(name, named, (variable,), self.variables[variable], found)
            elif default not in {None, _undefined()}:
                found[name] = Const(default)
        elif isinstance(named, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            for entry in node.fields:
                below = named.fields[entry.name.value]
                self._given(f"{name}.{python_name(below, entry.name.value)}", below.type, entry.value, None, found)
        else:
            value = value_from_ast(node, type_, dict(self.variables))
            if value is not None:
                found[name] = Const(value)

    def _variable(self, name: str, type_: Any, path: tuple[str, ...], value: Any, found: dict[str, Given]) -> None:
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if value is None:
            return
        if isinstance(type_, GraphQLInputObjectType):
            for key, entry in value.items():
                field = type_.fields.get(key)
                if field is not None:
                    self._variable(f"{name}.{python_name(field, key)}", field.type, (*path, key), entry, found)
        elif isinstance(type_, GraphQLEnumType) or isinstance(value, bool):
            found[name] = Const(value)  # a switch: part of the signature
        else:
            found[name] = Var(path)


def object_type(field: GraphQLField) -> GraphQLObjectType:
    """Return the object type that a field answers with; an abstract one is not planned."""
    named = get_named_type(field.type)
    if not isinstance(named, GraphQLObjectType):
        raise NotPlanned
    return named


def python_name(field: Any, graphql_name: str) -> str:
    """Return an input field's name in this house."""
    declared = (field.extensions or {}).get("strawberry-definition")
    return declared.python_name if declared is not None else graphql_name


def signature(value: Any) -> Any:
    """Return what shapes may depend on in a variable's value: presence, null, switches and words."""
    if value is None or isinstance(value, (bool, Enum)):
        return value
    if isinstance(value, dict):
        return tuple((key, signature(entry)) for key, entry in value.items())
    return list if isinstance(value, list) else str


def _undefined() -> Any:
    from graphql import Undefined  # noqa: PLC0415

    return Undefined
