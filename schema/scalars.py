"""Scalars: decimals as text, dates and instants in ISO 8601; what a plan has already written passes as it is."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError

LONGEST = 30


def _decimal(value: Any) -> Decimal:
    try:
        parsed = Decimal(str(value)) if not isinstance(value, bool) and len(str(value)) <= LONGEST else None
    except InvalidOperation:
        parsed = None
    if parsed is None or not parsed.is_finite():
        message = 'Decimal must be a number written as text, such as "12.50".'
        raise GraphQLError(message)
    return parsed


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        message = "Date must be written as YYYY-MM-DD."
        raise GraphQLError(message) from None


def _instant(value: Any) -> datetime:
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        message = "DateTime must be written as 2026-01-31T12:00:00Z, with a time zone."
        raise GraphQLError(message)
    return parsed.astimezone(UTC)


def _write_instant(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


DECIMAL = strawberry.scalar(
    name="Decimal",
    description='An exact number, written as text: "12.50".',
    specified_by_url="https://speleotrove.com/decimal/daconvs.html",
    serialize=str,
    parse_value=_decimal,
)
DATE = strawberry.scalar(
    name="Date",
    description="A calendar date: YYYY-MM-DD.",
    specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
    serialize=str,
    parse_value=_date,
)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A moment, in UTC when we write it: 2026-01-31T12:00:00Z.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=_write_instant,
    parse_value=_instant,
)
JSON = strawberry.scalar(
    name="JSON",
    description="Any JSON value.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)

SCALARS: dict[object, Any] = {Decimal: DECIMAL, date: DATE, datetime: DATE_TIME, strawberry.scalars.JSON: JSON}
