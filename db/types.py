"""Column types that mean the same on SQLite and PostgreSQL: keys, instants, hours, money, words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, DateTime, String
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

# Byte order on both databases: keyset pages compare keys in SQL and must meet the same order everywhere.
Key = String().with_variant(String(collation="C"), "postgresql")
Json = JSON()
EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)  # where rows without a date stand in an order


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps fixed-width ISO text, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick text on SQLite, timestamptz on PostgreSQL."""
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive moment: it would mean another time on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant must carry its time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware moment in UTC."""
        if value is None or isinstance(value, datetime):
            return value
        return datetime.fromisoformat(value)


class Scaled(TypeDecorator[Decimal]):
    """A Decimal kept as an integer of hundredths: exact sums on both databases (SQLite's NUMERIC is a float)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Refuse what two decimals cannot hold: rounding is a rule, never a side effect of storing."""
        if value is None:
            return None
        scaled = value.scaleb(2)
        if scaled != scaled.to_integral_value():
            message = f"{value} has more than two decimals"
            raise ValueError(message)
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Return a Decimal with two decimals."""
        return None if value is None else Decimal(value).scaleb(-2)


Hours = Scaled
Money = Scaled


class Word(TypeDecorator[StrEnum]):
    """An enum kept as its name; the table's CHECK constraint is made from `words()`."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Take a member or its name."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the member."""
        return None if value is None else self.kind(value)


def words(column: str, kind: type[StrEnum]) -> str:
    """Return the CHECK expression that keeps a column to an enum's names."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in kind)})"


def fold(*parts: str | None) -> str:
    """Return text as search compares it: case-folded by Python, because SQLite's lower() knows ASCII only."""
    return " ".join(part for part in parts if part).casefold()
