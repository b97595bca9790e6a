"""What a step of the tour is, and how it reads an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Unexpected(Exception):
    """An answer that the tour cannot go on from; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request. Braces in `variables`, `path` and `said` stand for what earlier steps have learnt.

    `learns` names what to remember by its place in the answer, `expects` what must stand at a place; a step that
    `waits` asks again until it does. `by_key` sends the PSA's key instead of a person's token.
    """

    title: str
    said: str
    document: str = ""
    path: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    learns: Mapping[str, str] = field(default_factory=dict)
    expects: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = False
    by_key: bool = False


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value with everything in braces replaced by what is known."""
    if isinstance(value, str):
        return value.format_map(known)
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    if isinstance(value, Mapping):
        return {name: filled(each, known) for name, each in value.items()}
    return value


def at(answer: Any, place: str) -> Any:
    """Return what stands at a place such as `a.nodes.0.id`, or `a.nodes.status=ACTIVE.id`. Raise Unexpected."""
    found = answer
    for part in place.split("."):
        name, wanted, value = part.partition("=")
        try:
            if wanted:
                found = next(each for each in found if each[name] == value)
            else:
                found = found[int(part)] if isinstance(found, list) else found[part]
        except (LookupError, StopIteration, TypeError):
            raise Unexpected(f"There is no {place} in the answer.") from None
    return found


def missing(answer: Any, step: Step) -> str | None:
    """Return what an answer lacks of a step's expectations, in words, or None."""
    for place, wanted in step.expects.items():
        found = at(answer, place)
        if found != wanted:
            return f"{place} is {found}, not {wanted}."
    return None
