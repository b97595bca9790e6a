"""How large a document may be, measured before it is validated, as validating a large one is itself the harm.

Tokens bound what a document says, not what it comes to: fragments that spread one another multiply fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode

if TYPE_CHECKING:
    from graphql import DocumentNode

ABOUT_THE_SCHEMA = {"__schema", "__type"}  # these may nest, and graphql-core has a rule of its own for them


class Size(NamedTuple):
    """What a selection comes to: fields at its top, all fields, and how many lie within one another.

    `steps` are fields and fragments: who reads it takes as many.
    """

    top: int = 0
    fields: int = 0
    depth: int = 0
    steps: int = 0


NOTHING, LEAF = Size(), Size(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a document may have. Fields are counted wherever a fragment is spread, as are steps.

    Whoever asks for one key again and again in one selection has as good as given it aliases. `values` and `joins` are
    of answers, see weights.
    """

    operations: int = 10
    directives: int = 50
    aliases: int = 30
    introspections: int = 3
    roots: int = 20
    fields: int = 500
    steps: int = 1_000
    depth: int = 15
    values: int = 250_000
    joins: int = 30  # SQLite joins 64 tables, some rows have a hidden one, and the rows themselves are found by a few


LIMITS = Limits()


class Ruler:
    """Measures one document. A fragment is walked once, however often it is spread, and also where nobody does."""

    def __init__(self, document: DocumentNode) -> None:
        """Walk the whole document."""
        self.aliases = self.directives = self.introspections = 0
        self.is_hollow = False  # True for a selection of nothing, which the grammar forbids and the parser lets pass
        self._sizes: dict[str, Size] = {}
        nodes = document.definitions
        self._fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        for name in self._fragments:
            self._fragment(name)
        self.operations = [self._selected(node) for node in nodes if isinstance(node, OperationDefinitionNode)]

    def complaint(self, limits: Limits) -> str | None:
        """Return a sentence about the first limit that the document is beyond."""
        everywhere = [*self.operations, *self._sizes.values(), NOTHING]
        counts = [
            (len(self.operations), limits.operations, "have {} operations"),
            (self.directives, limits.directives, "have {} directives"),
            (self.aliases, limits.aliases, "have {} aliases, and fields that are asked for again,"),
            (self.introspections, limits.introspections, "ask {} times about the schema"),
            (max((size.top for size in self.operations), default=0), limits.roots, "ask for {} fields of the root"),
            (self._whole("fields"), limits.fields, "ask for {} fields, fragments spread out,"),
            (self._whole("steps"), limits.steps, "have {} fields and fragments, these spread out,"),
            (max(size.depth for size in everywhere), limits.depth, "nest fields {} levels deep"),
        ]
        for count, most, words in counts:
            if count > most:
                return f"A document may {words.format(most)} at most."
        return None

    def _whole(self, part: str) -> int:
        """Return the count of all operations, or of a fragment that is larger: one that nobody spreads may be."""
        asked = sum(getattr(size, part) for size in self.operations)
        return max(asked, *(getattr(size, part) for size in self._sizes.values()), 0)

    def _selected(self, node: Any, seen: set[tuple[str, str]] | None = None, on: str = "") -> Size:
        """Return what the selection below an operation, a field or a fragment comes to.

        An inline fragment is a part of the selection that it stands in: `seen` are the keys there, by type.
        """
        top = fields = depth = steps = 0
        seen = set() if seen is None else seen
        self.is_hollow |= not node.selection_set.selections
        for selection in node.selection_set.selections:
            if selection.directives:
                self.directives += len(selection.directives)
            if isinstance(selection, FieldNode):
                size = self._field(selection, seen, on)
            elif isinstance(selection, FragmentSpreadNode):
                size = self._fragment(selection.name.value)
                steps += 1
            else:
                kind = selection.type_condition
                size = self._selected(selection, seen, kind.name.value if kind else on)
                steps += 1
            top += size[0]
            fields += size[1]
            depth = max(depth, size[2])
            steps += size[3]
        return Size(top, fields, depth, steps)

    def _field(self, node: FieldNode, seen: set[tuple[str, str]], on: str) -> Size:
        key = on, (node.alias or node.name).value
        if node.alias is not None or key in seen:
            self.aliases += 1
        seen.add(key)
        if node.selection_set is None:
            return LEAF
        _, fields, depth, steps = self._selected(node)
        if node.name.value in ABOUT_THE_SCHEMA:
            self.introspections += 1
            depth = 0
        return Size(1, 1 + fields, 1 + depth, 1 + steps)

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = NOTHING  # for one that spreads itself or is not there: validation refuses both
            if name in self._fragments:
                self._sizes[name] = self._selected(self._fragments[name])
        return self._sizes[name]
