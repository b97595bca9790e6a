"""Small slips in documents: what somebody mistypes, forgets, writes twice, or tries on purpose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import GraphQLNamedType, Lexer, Source, TokenKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from graphql import GraphQLSchema

    Slip = Callable[["Slips", list[str]], None]

LITERALS = ("1", "3000000000", "1.5", '"x"', '""', "true", "null", "ASC", "[]", "[1, null]", "{}", '{search: "a"}')
ODD = (
    "__typename", "@skip(if: true)", "@include(if: false)", "@skip", '@include(if: "x")', "@deprecated", "@nothing",
    "a: __typename", "...{ __typename }", "{}", "... on User { id }", "... on Node { id }", "id", "name", "id: name",
    "__schema { queryType { name } }", "!", "query Q { __typename }", "fragment F1 on Project { id }", "...F1", "= 1",
)  # fmt: skip
NAME = re.compile(r"[_A-Za-z]\w*")
GRAMMAR = {"query", "mutation", "fragment", "on", "subscription"}
CLOSES = {"{": "}", "(": ")", "[": "]"}


class Slips:
    """Makes slips with names that the schema knows."""

    def __init__(self, chance: Random, schema: GraphQLSchema) -> None:
        self.chance = chance
        self.names = sorted({name for type_ in schema.type_map.values() for name in _names(type_)})

    def slipped(self, text: str) -> str:
        """Return a document with one to four slips in it."""
        parts = tokens(text)
        for _ in range(self.chance.choice((1, 1, 2, 2, 3, 4))):
            self.chance.choice(ALL)(self, parts or ["{"])
        return " ".join(parts)

    def place(self, parts: list[str], fits: Callable[[str], object] = bool) -> int:
        """Return the place of a token that fits, or of any."""
        return self.chance.choice([place for place, part in enumerate(parts) if fits(part)] or range(len(parts)))

    def span(self, parts: list[str]) -> tuple[int, int]:
        """Return where a name stands with everything that belongs to it: arguments, directives, what it selects."""
        start = end = self.place(parts, _is_word)
        while end + 1 < len(parts) and (parts[end + 1] in {"{", "(", ":", "@", "$"} or parts[end] in {":", "@", "$"}):
            end = _closing(parts, end + 1)
        return start, end + 1


def _drop(slips: Slips, parts: list[str]) -> None:
    start, end = slips.span(parts)
    del parts[start:end]


def _drop_one(slips: Slips, parts: list[str]) -> None:
    del parts[slips.place(parts)]


def _drop_group(slips: Slips, parts: list[str]) -> None:
    start = slips.place(parts, CLOSES.get)
    del parts[start : _closing(parts, start) + 1]


def _repeat(slips: Slips, parts: list[str]) -> None:
    start, end = slips.span(parts)
    parts[end:end] = parts[start:end]


def _move(slips: Slips, parts: list[str]) -> None:
    start, end = slips.span(parts)
    place = slips.place(parts, CLOSES.get) + 1
    parts[place:place] = parts[start:end]


def _rename(slips: Slips, parts: list[str]) -> None:
    parts[slips.place(parts, _is_word)] = slips.chance.choice(slips.names)


def _confuse(slips: Slips, parts: list[str]) -> None:
    parts[slips.place(parts, _is_word)] = parts[slips.place(parts, _is_word)]


def _another_value(slips: Slips, parts: list[str]) -> None:
    place = slips.place(parts, lambda part: part == ":") + 1
    end = _closing(parts, place) if place < len(parts) else place
    parts[place : end + 1 + (parts[place:] or [""])[0].startswith("$")] = [slips.chance.choice(LITERALS)]


def _insert(slips: Slips, parts: list[str]) -> None:
    place = slips.place(parts, lambda part: part in "{}" or _is_word(part)) + 1
    parts[place:place] = [slips.chance.choice(ODD)]


def _alias(slips: Slips, parts: list[str]) -> None:
    place = slips.place(parts, _is_word)
    parts[place:place] = [parts[slips.place(parts, _is_word)], ":"]


def _bang(slips: Slips, parts: list[str]) -> None:
    place = slips.place(parts, lambda part: part in "!]" or part[:1].isupper())
    parts[place : place + 1] = [] if parts[place] == "!" else [parts[place], "!"]


ALL: tuple[Slip, ...] = (
    _drop, _drop, _drop_one, _drop_group, _repeat, _repeat, _move, _rename, _confuse, _confuse, _another_value, _insert,
    _alias, _alias, _bang,
)  # fmt: skip


def tokens(text: str) -> list[str]:
    """Return a document's tokens as they are written."""
    lexer, found = Lexer(Source(text)), []
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        found.append(text[token.start : token.end])
    return found


def _closing(parts: list[str], start: int) -> int:
    """Return where the group that begins at a place ends: there, where none does."""
    depth = 0
    for place in range(start, len(parts)):
        depth += (parts[place] in CLOSES) - (parts[place] in CLOSES.values())
        if depth <= 0:
            return place
    return len(parts) - 1


def _is_word(part: str) -> bool:
    return NAME.fullmatch(part) is not None and part not in GRAMMAR


def _names(type_: GraphQLNamedType) -> list[str]:
    below = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
    arguments = [name for each in below.values() for name in getattr(each, "args", None) or ()]
    return [type_.name, *below, *arguments]
