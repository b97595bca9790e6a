"""The walk over a document: it proves that graphql-core would find nothing wrong, or gives up.

It never says no. Each check is at least as strict as the rule it stands for, so that what passes all of them is valid.
"""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from .doubts import Unsure
from .kinds import Kind, Kinds
from .levels import Level, Levels, Selected
from .values import Values


class Acceptance:
    """Says yes to documents that are surely valid."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Take the schema that documents are held against."""
        self._schema = schema
        self._kinds = Kinds(schema)

    def is_sure(self, document: DocumentNode) -> bool:
        """Tell whether a document is surely valid; False says nothing about it."""
        try:
            _Walk(self._schema, self._kinds).document(document)
        except Unsure:
            return False
        return True


class _Walk:
    """One document's way through the schema."""

    def __init__(self, schema: GraphQLSchema, kinds: Kinds) -> None:
        self._schema = schema
        self._kinds = kinds
        self._levels = Levels()
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._values: Values  # of the operation that is walked
        self._spread: dict[str, tuple[Kind, Level] | None]  # its fragments; None for one that is being walked

    def document(self, document: DocumentNode) -> None:
        """Return if every rule is surely kept; raise Unsure."""
        operations: dict[str | None, OperationDefinitionNode] = {}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode) and not node.directives:
                operations[node.name.value if node.name else None] = node
            elif isinstance(node, FragmentDefinitionNode) and not (node.directives or node.variable_definitions):
                self._fragments[node.name.value] = node
        if len(operations) + len(self._fragments) < len(document.definitions):
            raise Unsure  # a name twice, or a definition of another kind
        if None in operations and len(operations) > 1:
            raise Unsure
        used: set[str] = set()
        for operation in operations.values():
            self._operation(operation)
            used |= self._spread.keys()
        if len(used) < len(self._fragments):
            raise Unsure

    def _operation(self, node: OperationDefinitionNode) -> None:
        root = self._kinds.roots.get(node.operation)
        if root is None:
            raise Unsure
        self._values, self._spread = Values(self._schema, self._kinds, node.variable_definitions), {}
        self._selections(root, node.selection_set, {})
        if self._values.unused:
            raise Unsure

    def _selections(self, kind: Kind, selections: SelectionSetNode, level: Level) -> None:
        """Check what is selected and put it into its level, which an inline fragment shares with what it stands in."""
        self._levels.step()
        for node in selections.selections:
            if node.directives:
                self._values.switch(node.directives)
            if isinstance(node, FieldNode):
                self._field(kind, node, level)
            else:
                self._fragment(kind, node, level)

    def _field(self, kind: Kind, node: FieldNode, level: Level) -> None:
        field = kind.fields.get(node.name.value)
        if field is None:
            raise Unsure
        if node.arguments or field.taker.required:
            self._values.take(node.arguments or (), field.taker)
        inside, selections, below = self._kinds.composite.get(field.named), node.selection_set, None
        if inside is not None and selections is not None:
            below = {}
            self._selections(inside, selections, below)
        elif inside is not None or selections is not None:
            raise Unsure
        self._levels.join(level, (node.alias or node.name).value, Selected(field, node, below))

    def _fragment(self, kind: Kind, node: SelectionNode, level: Level) -> None:
        if isinstance(node, InlineFragmentNode):
            inside = kind if node.type_condition is None else self._kind(node.type_condition)
            self._selections(inside, node.selection_set, level)
        elif isinstance(node, FragmentSpreadNode) and not node.arguments:
            inside, below = self._named(node.name.value)
            self._levels.step()
            for key, selected in below.items():
                self._levels.join(level, key, selected)
        else:
            raise Unsure
        if inside.possible.isdisjoint(kind.possible):
            raise Unsure

    def _named(self, name: str) -> tuple[Kind, Level]:
        """Return a named fragment's kind and fields; it is walked once for each operation, whose variables it uses."""
        if name not in self._spread:
            fragment = self._fragments.get(name)
            if fragment is None:
                raise Unsure
            self._spread[name] = None
            kind, level = self._kind(fragment.type_condition), {}
            self._selections(kind, fragment.selection_set, level)
            self._spread[name] = kind, level
        spread = self._spread[name]
        if spread is None:
            raise Unsure  # it contains itself
        return spread

    def _kind(self, condition: NamedTypeNode) -> Kind:
        kind = self._kinds.composite.get(condition.name.value)
        if kind is None:
            raise Unsure
        return kind
