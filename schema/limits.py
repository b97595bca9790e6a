"""How large a document may be, measured before it is validated, as validating a large one is itself the harm.

Tokens bound what a document says, not what it comes to: fragments that spread one another multiply fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode

if TYPE_CHECKING:
    from graphql import DocumentNode

Size = tuple[int, int, int]  # fields at the top of a selection, fields in all, how many lie within one another
NOTHING, LEAF = (0, 0, 0), (1, 1, 1)
ABOUT_THE_SCHEMA = {"__schema", "__type"}  # these may nest, and graphql-core has a rule of its own for them


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a document may have. Fields are counted wherever a fragment is spread; `values`: see weights."""

    operations: int = 10
    directives: int = 50
    aliases: int = 30
    roots: int = 20
    fields: int = 500
    depth: int = 12
    values: int = 250_000


LIMITS = Limits()


class Ruler:
    """Measures one document. A fragment is walked once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        """Walk the whole document."""
        self.aliases = self.directives = 0
        self._sizes: dict[str, Size] = {}
        nodes = document.definitions
        self._fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        for name in self._fragments:
            self._fragment(name)
        self.operations = [self._selected(node) for node in nodes if isinstance(node, OperationDefinitionNode)]

    def complaint(self, limits: Limits) -> str | None:
        """Return a sentence about the first limit that the document is beyond."""
        top, fields, depth = map(max, zip(NOTHING, *self.operations, strict=True))
        counts = [
            (len(self.operations), limits.operations, "have {} operations"),
            (self.directives, limits.directives, "have {} directives"),
            (self.aliases, limits.aliases, "have {} aliases"),
            (top, limits.roots, "ask for {} fields of the root"),
            (fields, limits.fields, "ask for {} fields, fragments spread out,"),
            (depth, limits.depth, "nest fields {} levels deep"),
        ]
        for count, most, words in counts:
            if count > most:
                return f"A document may {words.format(most)} at most."
        return None

    def _selected(self, node: Any) -> Size:
        """Return what the selection below an operation, a field or a fragment comes to."""
        top = fields = depth = 0
        for selection in node.selection_set.selections:
            if selection.directives:
                self.directives += len(selection.directives)
            if isinstance(selection, FieldNode):
                size = self._field(selection)
            elif isinstance(selection, FragmentSpreadNode):
                size = self._fragment(selection.name.value)
            else:
                size = self._selected(selection)
            top += size[0]
            fields += size[1]
            depth = max(depth, size[2])
        return top, fields, depth

    def _field(self, node: FieldNode) -> Size:
        if node.alias is not None:
            self.aliases += 1
        if node.selection_set is None:
            return LEAF
        _, fields, depth = self._selected(node)
        return 1, 1 + fields, 1 if node.name.value in ABOUT_THE_SCHEMA else 1 + depth

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = NOTHING  # for one that spreads itself or is not there: validation refuses both
            if name in self._fragments:
                self._sizes[name] = self._selected(self._fragments[name])
        return self._sizes[name]
