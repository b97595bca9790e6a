"""Scalars: decimals as text, dates and instants in ISO 8601; what a plan has already written passes as it is."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped

LONGEST = 30
# Python reads more than is meant: "1_5" is fifteen to it, "2026-W01-1" a day of 2025, and Arabic digits are digits.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(DAY.pattern + r"[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)


def _decimal(value: Any) -> Decimal:
    text = str(value)
    if isinstance(value, bool) or len(text) > LONGEST or not NUMBER.fullmatch(text):
        message = 'Decimal must be a number written as text, such as "12.50".'
        raise GraphQLError(message)
    return Decimal(text)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(_written(value, DAY))
    except ValueError:
        message = "Date must be written as YYYY-MM-DD."
        raise GraphQLError(message) from None


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(_written(value, MOMENT)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "DateTime must be written as 2026-01-31T12:00:00Z, with a time zone."
        raise GraphQLError(message) from None


def _written(value: Any, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError(value)
    return value


def _in_a_document(parse: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return how a scalar is read where it stands in a document: what is wrong is pointed at."""

    def parsed(node: ValueNode, _variables: Any = None) -> Any:
        try:
            return parse(value_from_ast_untyped(node))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parsed


def _write_instant(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


DECIMAL = strawberry.scalar(
    name="Decimal",
    description='An exact number, written as text: "12.50".',
    specified_by_url="https://speleotrove.com/decimal/daconvs.html",
    serialize=str,
    parse_value=_decimal,
    parse_literal=_in_a_document(_decimal),
)
DATE = strawberry.scalar(
    name="Date",
    description="A calendar date: YYYY-MM-DD.",
    specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
    serialize=str,
    parse_value=_date,
    parse_literal=_in_a_document(_date),
)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A moment, in UTC when we write it: 2026-01-31T12:00:00Z.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=_write_instant,
    parse_value=_instant,
    parse_literal=_in_a_document(_instant),
)
JSON = strawberry.scalar(
    name="JSON",
    description="Any JSON value.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)

SCALARS: dict[object, Any] = {Decimal: DECIMAL, date: DATE, datetime: DATE_TIME, strawberry.scalars.JSON: JSON}
