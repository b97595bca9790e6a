"""What an answer may come to: pages within pages multiply, and few characters ask for millions of values.

A list that comes whole counts as five rows where each row is its own and would have to be stored: along pages, the
milestones of a page of projects. Elsewhere the same rows may come again and again, by way of a parent, and it counts
as a hundred, which is where such lists are capped when they are written.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    GraphQLObjectType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationType,
    StringValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from db.relations import ENTITIES, ToMany
from db.shapes import PAGE_DEFAULT, PAGE_MOST, Many
from resolvers.readings import reading_of
from resolvers.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import FieldNode, GraphQLField, SelectionSetNode, ValueNode

    from resolvers.answering import PlannedOperation

EXPECTED, LONGEST = 5, 100  # rows of a list that comes whole
# Up to 10,000 characters each: what `db.inputs` lets be so long, or JSON.
LONG: dict[str, int] = dict.fromkeys(
    ("description", "deliverables", "rejectionReason", "tags", "customFields", "details"), 50
)
UNKNOWN = object()


class Weight(NamedTuple):
    """How many values an answer may have, and to how many other rows each of its rows leads in one statement."""

    values: int
    joins: int


class Along(Enum):
    """The way to a row: a single one, down pages only, or so that it may be one that was met before."""

    ONE = "one"
    PAGES = "pages"
    AGAIN = "again"


def weight(operation: PlannedOperation, variables: Mapping[str, Any] | None) -> Weight:
    """Weigh a valid operation: every page counts as full, every field as a value, a long text as fifty.

    Takes variables as they were sent; None weighs the most that any could make of it.
    """
    kind, sets = operation.node.operation, [operation.node.selection_set]
    # A change's lists are as long as its input's.
    along = Along.AGAIN if kind is OperationType.MUTATION else Along.ONE
    parts = list(_Walk(operation, variables).parts(operation.schema.get_root_type(kind), sets, None, along))
    return Weight(sum(part.values for part in parts), max((part.joins for part in parts), default=0))


class _All(Selections):
    """Selections of which nothing is left out."""

    def includes(self, node: Any) -> bool:  # noqa: ARG002 - what its directives say is what a request may change
        return True


class _Part(NamedTuple):
    """A field: the values in it, the joins below it, and whether it leads to one other row."""

    values: int
    joins: int
    is_one: bool


class _Walk:
    def __init__(self, operation: PlannedOperation, variables: Mapping[str, Any] | None) -> None:
        self._schema = operation.schema
        self._selections = _All(operation.schema, operation.fragments, {})
        self._variables = variables
        definitions = operation.node.variable_definitions or ()
        self._defaults = {each.variable.name.value: each.default_value for each in definitions}

    def parts(self, type_: Any, sets: list[SelectionSetNode], page: int | None, along: Along) -> Iterator[_Part]:
        """Weigh the fields of an object; `page` is how many rows a list in it has, where it is a connection."""
        for nodes in self._selections.fields(type_, sets).values():
            name = nodes[0].name.value
            field = type_.fields.get(name)  # none of __typename, nor of the schema's own
            if field is None or nodes[0].selection_set is None:
                yield _Part(LONG.get(name, 1), 0, is_one=False)
            else:
                yield self._below(type_, field, nodes, page, along)

    def _row(self, type_: Any, sets: list[SelectionSetNode], page: int | None, along: Along) -> Weight:
        if not isinstance(type_, GraphQLObjectType):
            possible = [self._row(each, sets, page, along) for each in self._schema.get_possible_types(type_)]
            return Weight(max(each.values for each in possible), max(each.joins for each in possible))
        values = joins = riding = 0
        for part in self.parts(type_, sets, page, along):
            values += part.values
            joins += part.joins + 1 if part.is_one else 0
            riding = max(riding, 0 if part.is_one else part.joins)  # of a row's lists the first is read with it
        return Weight(values, joins + riding)

    def _below(
        self, parent: GraphQLObjectType, field: GraphQLField, nodes: list[FieldNode], page: int | None, along: Along
    ) -> _Part:
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        given = {argument.name.value: argument.value for argument in nodes[0].arguments or ()}
        rows, is_one = 1, False
        if is_list_type(get_nullable_type(field.type)):
            rows, along = (page, _paged(along)) if page is not None else self._whole(parent, field, given, along)
            page = None
        elif "first" in field.args:
            page = self._page(given.get("first"))
        elif not parent.name.endswith(("Connection", "Edge")):  # whose objects are parts of the same row
            is_one, page = True, None
            along = Along.AGAIN if along is Along.PAGES else along
        row = self._row(get_named_type(field.type), sets, page, along)
        return _Part(1 + rows * row.values, row.joins, is_one)

    def _whole(
        self, parent: GraphQLObjectType, field: GraphQLField, given: Mapping[str, ValueNode], along: Along
    ) -> tuple[int, Along]:
        """Return how many rows a list has that is no page, and the way to them."""
        for name, argument in field.args.items():
            if is_list_type(get_nullable_type(argument.type)):
                return self._named(given.get(name), along)
        return EXPECTED if along is Along.PAGES and _is_own(parent, field) else LONGEST, Along.AGAIN

    def _named(self, node: ValueNode | None, along: Along) -> tuple[int, Along]:
        """Return how many rows are named, and whether each is another one."""
        value = self._value(node)
        named = value.values if isinstance(value, ListValueNode) else value
        if not isinstance(named, list | tuple):
            return PAGE_MOST, Along.AGAIN
        return len(named), _paged(along) if len(set(map(_row_named, named))) == len(named) else Along.AGAIN

    def _page(self, node: ValueNode | None) -> int:
        """Return how many rows a page has, the most where that cannot be told."""
        value = self._value(node)
        if isinstance(value, IntValueNode):
            value = int(value.value)
        if value is None or isinstance(value, NullValueNode):
            return PAGE_DEFAULT
        return int(min(max(value, 0), PAGE_MOST)) if isinstance(value, int | float) else PAGE_MOST

    def _value(self, node: ValueNode | None) -> Any:
        """Return what was sent for a variable, or its default; of what is written in the document its node."""
        if not isinstance(node, VariableNode):
            return node
        if self._variables is None:
            return UNKNOWN
        name = node.name.value
        return self._variables[name] if name in self._variables else self._defaults.get(name)


def _paged(along: Along) -> Along:
    return Along.PAGES if along is Along.ONE else along


def _row_named(value: Any) -> str | None:
    """Return what tells an id or a representation from others, None where that is not known."""
    if isinstance(value, dict):
        return f"{value.get('__typename')} {value.get('id')}"
    return value.value if isinstance(value, StringValueNode) else value if isinstance(value, str) else None


def _is_own(parent: GraphQLObjectType, field: GraphQLField) -> bool:
    """Tell whether a list's rows belong to one row of its parent only."""
    reading, entity = reading_of(field), ENTITIES.get(parent.name)
    relation = entity.relations.get(reading.name) if entity and isinstance(reading, Many) else None
    return isinstance(relation, ToMany) and relation.through is None and not relation.crosses
