"""Arguments, fields of input objects, and the variables that stand in them."""

from collections.abc import Collection, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DirectiveNode,
    GraphQLInputType,
    GraphQLList,
    GraphQLSchema,
    GraphQLType,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_input_type,
    type_from_ast,
    validate_input_literal,
)
from graphql.validation.rules.variables_in_allowed_position import allowed_variable_usage
from strawberry.types.base import StrawberryMaybe

from .doubts import Unsure, doubt
from .kinds import Kinds, Place, Taker


class Values:
    """The values of one operation. Whatever may be wrong with one raises Unsure."""

    def __init__(
        self, schema: GraphQLSchema, kinds: Kinds, definitions: Sequence[VariableDefinitionNode] | None
    ) -> None:
        """Take the operation's variables."""
        self._schema = schema
        self._kinds = kinds
        self._variables: dict[str, tuple[GraphQLType, ValueNode | None]] = {}
        for definition in definitions or ():
            self._define(definition)
        self.unused = set(self._variables)

    def _define(self, definition: VariableDefinitionNode) -> None:
        name = definition.variable.name.value
        type_: Any = type_from_ast(self._schema, definition.type)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if definition.directives or name in self._variables or not is_input_type(type_):
            raise Unsure
        if definition.default_value is not None:
            self._value(definition.default_value, type_)
        self._variables[name] = (type_, definition.default_value)

    def take(self, nodes: Collection[ArgumentNode | ObjectFieldNode], taker: Taker) -> None:
        """Check that each value has a place, and each place that needs one has one."""
        names = {node.name.value for node in nodes}
        if len(names) < len(nodes) or not taker.required <= names <= taker.places.keys():
            raise Unsure
        for node in nodes:
            place = taker.places[node.name.value]
            self._value(node.value, place.type, place)

    def switch(self, directives: Sequence[DirectiveNode]) -> None:
        """Check @skip and @include; there is no other directive of which this could be sure."""
        names = {node.name.value for node in directives}
        if len(names) < len(directives) or not names <= self._kinds.switches.keys():
            raise Unsure
        for node in directives:
            self.take(node.arguments or (), self._kinds.switches[node.name.value])

    def _value(self, node: ValueNode, type_: GraphQLInputType, place: Place | None = None) -> None:
        if isinstance(node, VariableNode):
            self._variable(node, type_, place)
        elif isinstance(node, ListValueNode):
            inner: Any = get_nullable_type(type_)
            if not isinstance(inner, GraphQLList):
                raise Unsure  # a scalar that takes whole lists: nobody has looked at what is in it
            for entry in node.values:
                self._value(entry, inner.of_type)
        elif isinstance(node, ObjectValueNode):
            taker = self._kinds.inputs.get(get_named_type(type_).name)
            if taker is None:
                raise Unsure
            self.take(node.fields, taker)
        elif isinstance(node, NullValueNode) and _is_maybe(place):
            raise Unsure
        else:
            validate_input_literal(node, type_, doubt)

    def _variable(self, node: VariableNode, type_: GraphQLInputType, place: Place | None) -> None:
        name = node.name.value
        if name not in self._variables:
            raise Unsure
        self.unused.discard(name)
        default = Undefined if place is None else _default(place)
        if not allowed_variable_usage(self._schema, *self._variables[name], type_, default):
            raise Unsure


def _default(place: Place) -> Any:
    return place.default_value if place.default is None else place.default


def _is_maybe(place: Place | None) -> bool:
    """Tell whether Strawberry has its own mind about null in this place."""
    declared = None if place is None else place.extensions.get("strawberry-definition")
    return isinstance(getattr(declared, "type", None), StrawberryMaybe)
