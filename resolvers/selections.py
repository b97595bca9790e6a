"""A document's selection becomes a shape: aliases, merged fields, fragments, conditions, arguments. No SQL here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from db.shapes import By, Many, One, Page, PagePart, PageShape, Shape, Typename, Want

from .arguments import Arguments
from .readings import reading_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import FragmentDefinitionNode, GraphQLField, GraphQLSchema, SelectionSetNode

Fields = dict[str, list[FieldNode]]


class NotPlanned(Exception):
    """A field has a resolver of its own, so the whole answer cannot come from a plan."""


class Selections:
    """Reads one operation of one document with one set of variables.

    Values of variables never enter a shape, only which are there, which are null, and which way switches point:
    `arguments.signature` tells two sets of variables apart exactly as far as shapes do.
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
        self.arguments = Arguments(variables)
        self.entries = 0  # of all shapes

    def fields(self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """Return the field nodes by response key that apply to an object type, in the specification's order."""
        found: Fields = {}
        # One for all sets, as in the specification: fragments that spread one another twice would double the work of
        # who begins anew in each set, at every level.
        seen: set[str] = set()
        for selections in sets:
            if selections is not None:
                self._collect(type_, selections, found, seen)
        return found

    def _collect(self, type_: GraphQLObjectType, selections: SelectionSetNode, found: Fields, seen: set[str]) -> None:
        for node in selections.selections:
            if not self.includes(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment = self.fragments[node.name.value]
            if self._applies(fragment.type_condition, type_):
                self._collect(type_, fragment.selection_set, found, seen)

    def includes(self, node: Any) -> bool:
        """Tell whether `@skip` and `@include` let a field or a fragment in."""
        for directive in node.directives or ():
            if directive.name.value in {"skip", "include"}:
                value = directive.arguments[0].value
                given = self.variables[value.name.value] if isinstance(value, VariableNode) else value.value
                self.arguments.misplaced |= given is None
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
        self.entries += len(shape.wants)
        return shape

    def _want(self, field: GraphQLField, nodes: list[FieldNode]) -> Want:
        reading = reading_of(field)
        if reading is None:
            raise NotPlanned
        match reading:
            case One() | Many():
                return Want(reading, shape=self.shape(object_type(field), nodes))
            case Page():
                page = self.page(object_type(field), nodes)
                return Want(reading, page=page, paging=self.arguments.paging(field, nodes[0]))
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


def object_type(field: GraphQLField) -> GraphQLObjectType:
    """Return the object type that a field answers with; an abstract one is not planned."""
    named = get_named_type(field.type)
    if not isinstance(named, GraphQLObjectType):
        raise NotPlanned
    return named
