"""A question to another product and its answer, as plain frozen values that hold no secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS = range(200, 300)
REFUSALS = range(400, 500)
FAULTS = range(500, 600)

RETRY_AFTER_DEFAULT = 60
RETRY_AFTER_LIMIT = 300

_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `is_read` may be repeated, whatever its method; `for_export` keeps it out of people's way."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    is_read: bool = True
    for_export: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered. `headers` have lower-case names; `received_at` is in epoch seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    @property
    def request_id(self) -> str | None:
        """Give the other product's own name for this exchange, for its support desk, as it can be kept."""
        said = self.headers.get("x-request-id")
        return None if said is None else printable(said)

    @property
    def document(self) -> Any:
        """Parse the body, numbers as Decimal. Raises ValueError for anything but JSON of a sane depth."""
        try:
            return json.loads(self.body, parse_float=Decimal, parse_int=_integer, parse_constant=_not_a_number)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    @property
    def retry_after(self) -> int:
        """Give the seconds to wait after a 429: Retry-After as seconds or date, or a minute; 300 at most."""
        wish = self.headers.get("retry-after", "").strip()
        is_number = wish.isascii() and wish.isdigit() and len(wish) <= _DIGITS
        seconds = int(wish) if is_number else self._seconds_until(wish)
        return RETRY_AFTER_DEFAULT if seconds is None else min(max(seconds, 0), RETRY_AFTER_LIMIT)

    def _seconds_until(self, http_date: str) -> int | None:
        """Compare with the answer's own Date where there is one, so that our clock does not matter."""
        try:
            until = parsedate_to_datetime(http_date).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        try:
            now = parsedate_to_datetime(self.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            now = self.received_at
        return int(until - now)


def printable(said: str) -> str:
    """Return another product's words without what would be no text in a log, a terminal or a database."""
    return "".join(letter for letter in said if letter.isprintable())


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("a number of that length means nothing here")
    return int(digits)


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
