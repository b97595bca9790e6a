"""Cursors: opaque text that holds the order and the sort key of the last row seen."""

from __future__ import annotations

import binascii
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Date

from .types import Instant

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

INTEGERS = range(-(2**31), 2**31)  # what a column of whole numbers holds in PostgreSQL
NUL = "\0"  # no text there holds it


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
        parts = orjson.loads(binascii.a2b_base64(cursor.encode(), strict_mode=True))
    except (ValueError, TypeError):
        raise BadCursor from None
    if type(parts) is not list or len(parts) != size + 1 or parts[0] != sort or parts[place + 1] is None:
        raise BadCursor
    return parts[place + 1]


def cursor_value(type_: TypeEngine[Any], value: Any) -> Any:
    """Return a cursor's value as the type's Python value; raise BadCursor where it is none, or none a column holds."""
    try:
        match type_:
            case Date():
                return date.fromisoformat(value)
            case Instant():
                return _moment(value)
    except (ValueError, TypeError, OverflowError):
        raise BadCursor from None
    if type(value) is not type_.python_type or (value not in INTEGERS if type(value) is int else NUL in str(value)):
        raise BadCursor
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
