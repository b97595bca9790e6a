"""Cursors: opaque text that holds the order and the sort key of the last row seen."""

from __future__ import annotations

import binascii
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Date

from .types import Instant

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


class BadCursor(Exception):
    """`after` is no cursor of this list in this order."""

    def __init__(self) -> None:
        super().__init__("`after` is not a cursor of this list in this order. Use an endCursor or cursor it gave you.")


def write_cursor(sort: str, values: list[Any]) -> str:
    """Return a cursor for the row with these sort values."""
    return binascii.b2a_base64(orjson.dumps([sort, *values], option=orjson.OPT_UTC_Z), newline=False).decode()


def read_cursor(cursor: str, sort: str, place: int, size: int) -> Any:
    """Return one sort value out of a cursor made for the same order; raise BadCursor for anything else."""
    try:
        made_for, *values = orjson.loads(binascii.a2b_base64(cursor.encode(), strict_mode=True))
    except (ValueError, TypeError):
        raise BadCursor from None
    if made_for != sort or len(values) != size or values[place] is None:
        raise BadCursor
    return values[place]


def cursor_value(type_: TypeEngine[Any], value: Any) -> Any:
    """Return a cursor's value as the type's Python value; raise BadCursor where it is none."""
    try:
        match type_:
            case Date():
                return date.fromisoformat(value)
            case Instant():
                return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise BadCursor from None
    if not isinstance(value, type_.python_type):
        raise BadCursor
    return value
