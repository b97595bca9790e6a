"""How many values an answer may come to: pages within pages multiply, and few characters ask for millions of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from db.shapes import PAGE_DEFAULT, PAGE_MOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import (
        GraphQLField,
        SelectionNode,
        ValueNode,
    )

    from resolvers.answering import PlannedOperation

COMPLETE = 5  # rows that are expected of a list that comes whole, such as a task's ticket links


def weight(operation: PlannedOperation, variables: Mapping[str, Any] | None) -> int:
    """Return how many values a valid operation's answer has at most: every page counts as full, every field as one.

    Takes variables as they were sent; None weighs the most that any could make of it.
    """
    walk = _Walk(operation, variables)
    root = operation.schema.get_root_type(operation.node.operation)
    return walk.row(root, operation.node.selection_set.selections, None)


class _Walk:
    def __init__(self, operation: PlannedOperation, variables: Mapping[str, Any] | None) -> None:
        self._schema = operation.schema
        self._fragments = operation.fragments
        self._variables = variables
        definitions = operation.node.variable_definitions or ()
        self._defaults = {each.variable.name.value: each.default_value for each in definitions}

    def row(self, type_: Any, selections: Iterable[SelectionNode], page: int | None) -> int:
        """Return the values of one object; `page` is how many rows a list in it has, where it is a connection."""
        values = 0
        for node in selections:
            if not isinstance(node, FieldNode):
                fragment: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                condition = fragment.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else type_
                values += self.row(inner, fragment.selection_set.selections, page)
                continue
            values += 1
            if node.selection_set is not None and node.name.value in type_.fields:  # not __schema
                values += self._below(type_.fields[node.name.value], node, page)
        return values

    def _below(self, field: GraphQLField, node: FieldNode, page: int | None) -> int:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        rows, inner = 1, None
        if is_list_type(get_nullable_type(field.type)):
            rows = self._named(field, given) if page is None else page
        elif "first" in field.args:
            inner = self._page(given.get("first"))
        assert node.selection_set is not None  # noqa: S101 - asked before
        return rows * self.row(get_named_type(field.type), node.selection_set.selections, inner)

    def _named(self, field: GraphQLField, given: Mapping[str, ValueNode]) -> int:
        """Return how many rows a list has that is no page: one for each id that is named, where ids are."""
        for name, argument in field.args.items():
            if is_list_type(get_nullable_type(argument.type)):
                value = self._value(given.get(name))
                if isinstance(value, ListValueNode):
                    return len(value.values)
                return len(value) if isinstance(value, list) else PAGE_MOST
        return COMPLETE

    def _page(self, node: ValueNode | None) -> int:
        value = self._value(node)
        if isinstance(value, IntValueNode):
            value = int(value.value)
        if self._variables is None and isinstance(node, VariableNode):
            return PAGE_MOST
        return min(max(value, 0), PAGE_MOST) if isinstance(value, int) else PAGE_DEFAULT

    def _value(self, node: ValueNode | None) -> Any:
        """Return what was sent for a variable, or its default; of what is written in the document its node."""
        if not isinstance(node, VariableNode):
            return node
        name = node.name.value
        sent = (self._variables or {}).get(name)
        return self._defaults.get(name) if sent is None else sent
