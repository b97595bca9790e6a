"""What values from outside must look like before a row may hold them; one table of checks per kind of row."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .refusals import InvalidInput
from .types import EARLIEST, LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from enum import StrEnum

    Check = Callable[[Any], Any]  # returns the value as it is stored; raises ValueError with the end of a sentence

NAME_LIMIT = 200
TEXT_LIMIT = 10_000
MOST_MONEY = Decimal(10_000_000_000)
MOST_TAGS = 50
MOST_LEVELS = 20
MOST_NUMBER = 2**63 - 1  # and as much below zero: from there on a float may be a whole number that was rounded


def checked(checks: Mapping[str, Check], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are stored; raise InvalidInput that names every wrong field at once."""
    clean, wrong = {}, {}
    for field, value in values.items():
        try:
            clean[field] = checks[field](value)
        except ValueError as error:
            wrong[field] = str(error)
    if wrong:
        raise InvalidInput(wrong)
    return clean


def text(value: str) -> str:
    """A text of at most 10,000 characters that both databases can hold."""
    if len(value) > TEXT_LIMIT:
        raise ValueError(f"is longer than {TEXT_LIMIT} characters")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds characters that are no text")
    return value


def name(value: str) -> str:
    """A name: 1 to 200 characters, without space around it."""
    value = text(value).strip()
    if not 0 < len(value) <= NAME_LIMIT:
        raise ValueError(f"must be 1 to {NAME_LIMIT} characters long")
    return value


def given(value: Any) -> Any:
    """Anything but null."""
    if value is None:
        raise ValueError("must not be null")
    return value


def decimal(most: Decimal | int) -> Check:
    """A number from 0 to `most` with at most two decimals, which it then has: 1E+1 and -0 are 10.00 and 0.00."""

    def check(value: Decimal) -> Decimal:
        if not value.is_finite() or not 0 <= value <= most:
            raise ValueError(f"must be between 0 and {most}")
        rounded = abs(value.quantize(Decimal("0.01")))
        if value != rounded:
            raise ValueError("must have at most two decimals")
        return rounded

    return check


def whole(most: int) -> Check:
    """A whole number from 0 to `most`."""

    def check(value: int) -> int:
        if not 0 <= value <= most:
            raise ValueError(f"must be between 0 and {most}")
        return value

    return check


def one_of(kind: type[StrEnum]) -> Check:
    """A member of an enum, or its name."""

    def check(value: str) -> StrEnum:
        if value not in set(kind):
            raise ValueError(f"must be one of {', '.join(kind)}")
        return kind(value)

    return check


def day(value: date) -> date:
    """A day of a calendar, but not the first or the last that there is: those stand for none in an order of days."""
    if not EARLIEST < value < LATEST:
        raise ValueError(f"must be after {EARLIEST} and before {LATEST}")
    return value


def tags(value: list[str]) -> list[str]:
    """Up to 50 names, each once, in the order given."""
    if len(value) > MOST_TAGS:
        raise ValueError(f"must hold at most {MOST_TAGS} tags")
    return list(dict.fromkeys(name(tag) for tag in value))


def json_object(value: Any) -> dict[str, Any]:
    """A JSON object that takes at most 10,000 characters."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")  # noqa: TRY004 - a wrong value from outside, not a wrong call
    restorable(value)
    try:
        written = json.dumps(value, ensure_ascii=False)
    except TypeError:  # a variable within a literal that was given no value
        raise ValueError("holds what is no JSON value") from None
    text(written)
    return value


def restorable(value: Any, levels: int = MOST_LEVELS) -> Any:
    """A value of JSON that is shown again as it was said: texts that can be stored, numbers of 64 bits, 20 levels.

    What writes answers stops at some 250 levels, those of the answer included. A whole number of more bits has lost
    digits by the time it is here (a variable's is read as a float), and one without an end is no JSON.
    """
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError(f"nests more than {MOST_LEVELS} levels deep")
        for each in value if isinstance(value, list) else [*value, *value.values()]:
            restorable(each, levels - 1)
    elif isinstance(value, str):
        text(value)
    elif isinstance(value, int | float) and not -MOST_NUMBER <= value <= MOST_NUMBER:
        raise ValueError(f"holds a number that is not between {-MOST_NUMBER} and {MOST_NUMBER}")
    return value


def optional(check: Check) -> Check:
    """The same, or null."""
    return lambda value: None if value is None else check(value)


def required(check: Check) -> Check:
    """The same, but never null."""
    return lambda value: check(given(value))


money = decimal(MOST_MONEY)
