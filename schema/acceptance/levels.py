"""Fields that meet under one name of the answer: sure only where they ask for the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ArgumentNode, FieldNode, is_equal_type, print_ast

from .doubts import Unsure
from .kinds import Field

# Selection sets, spreads and fields that meet, counted together. graphql-core gives up on selections that fragments
# nest more than 200 deep, and on half a million comparisons: a document of so few steps reaches neither.
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Selected:
    """A field of the answer, with what is selected below it."""

    field: Field
    node: FieldNode
    below: "Level | None"


Level: TypeAlias = dict[str, Selected]  # by response name


class Levels:
    """Puts selected fields together, and counts what a document takes."""

    def __init__(self) -> None:
        """Begin a document."""
        self._steps = 0

    def step(self) -> None:
        """Count; a document that takes too much is not proved."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Unsure

    def join(self, level: Level, key: str, selected: Selected) -> None:
        """Add a field to a level, to the one that is there already if there is one."""
        there = level.setdefault(key, selected)
        if there is not selected:
            level[key] = self._joined(there, selected)

    def _joined(self, one: Selected, other: Selected) -> Selected:
        """Return both as one. graphql-core is laxer where they can never be of one object; this is not."""
        self.step()
        is_same_field = one.node.name.value == other.node.name.value and is_equal_type(one.field.type, other.field.type)
        if not is_same_field or _text(one.node.arguments) != _text(other.node.arguments):
            raise Unsure
        if one.below is None or other.below is None:
            return one
        below = dict(one.below)
        for key, selected in other.below.items():
            self.join(below, key, selected)
        return Selected(one.field, one.node, below)


def _text(arguments: Sequence[ArgumentNode] | None) -> list[str]:
    return [print_ast(argument) for argument in arguments or ()]
