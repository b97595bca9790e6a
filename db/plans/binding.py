"""A statement's named parameters become the driver's numbered ones, each with the way to its value."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from db.askers import ENVIRONMENT
from db.pages import cursor_value, read_cursor

from .cuts import page_size
from .trees import Argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect

    from .cuts import Parameter

NAMED = re.compile(r":(?<![:\w]:)(\w+)")  # the colon first: it is what the text is searched for


def bind(sql: str, parameters: Mapping[str, Parameter], dialect: Dialect) -> tuple[str, list[Argument]]:
    """Return the text as the driver takes it, and its arguments in the order of their numbers."""
    numbers: dict[str, int] = {}
    sign = "?" if dialect.name == "sqlite" else "$"

    def number(found: re.Match[str]) -> str:
        return f"{sign}{numbers.setdefault(found[1], len(numbers) + 1)}"

    text = NAMED.sub(number, sql)
    return text, [_argument(name, parameters.get(name), dialect) for name in numbers]


def _argument(name: str, parameter: Parameter | None, dialect: Dialect) -> Argument:
    if name == "keys":
        return Argument("keys", convert=[_json_text if dialect.name == "sqlite" else _array_text])
    if parameter is None:
        return Argument("env", name, convert=_driver(ENVIRONMENT[name], dialect))
    convert = _driver(parameter.type, dialect)
    if parameter.kind in ("limit", "peek"):
        convert = [page_size] if parameter.kind == "limit" else [page_size, (1).__add__]
    elif parameter.kind == "cursor":
        read = partial(read_cursor, sort=parameter.sort, place=parameter.place, size=parameter.size)
        convert = [read, partial(cursor_value, parameter.type), *convert]
        if parameter.is_day_of_cursor and dialect.name != "sqlite":
            convert.append(date.isoformat)
    return Argument("given", given=parameter.given, convert=convert)


def _driver(type_: Any, dialect: Dialect) -> list[Any]:
    processor = type_.dialect_impl(dialect).bind_processor(dialect)
    return [processor] if processor else []


def _json_text(keys: list[str]) -> str:
    return orjson.dumps(keys).decode()


def _array_text(keys: list[str]) -> str:
    """Return an array in PostgreSQL's words: given a list, asyncpg asks each entry whether it is a list too."""
    text = '","'.join(keys)
    if "\\" in text or text.count('"') != 2 * len(keys) - 2:
        text = '","'.join(key.replace("\\", "\\\\").replace('"', '\\"') for key in keys)
    return f'{{"{text}"}}'
