"""From what a driver gives to what clients see, per column type, so that both databases answer alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import JSON, Boolean

from db.types import Instant, Scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine


def scaled_text(hundredths: int) -> str:
    """Return `12.50` for 1250, exactly as a Decimal prints."""
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(int(hundredths)), 100)
    return f"{sign}{whole}.{rest:02d}"


def reader_for(type_: TypeEngine[Any], *, sqlite: bool) -> Callable[[Any], Any] | None:
    """Return the conversion of a type's non-null values, None where the driver's value is already right.

    Dates need none: a date and its ISO text are the same JSON.
    """
    match type_:
        case Scaled():
            return scaled_text
        case Instant():
            return datetime.fromisoformat if sqlite else None
        case Boolean():
            return bool if sqlite else None
        case JSON():
            return orjson.loads
        case _:
            return None
