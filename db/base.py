"""The ground every table stands on: names of constraints, the organisation in every key, ids that sort by age."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any, ClassVar

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, String, text
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .types import EARLIEST, LATEST, Key

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(AsyncAttrs, DeclarativeBase):
    """A table whose rows belong to one organisation."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: String()}

    org_id: Mapped[str] = mapped_column(Key, primary_key=True, sort_order=-2)


class Identified(Base):
    """A row with an id of ours; `PREFIX` tells its kind wherever the id turns up."""

    __abstract__ = True
    PREFIX: ClassVar[str]

    id: Mapped[str] = mapped_column(Key, primary_key=True, sort_order=-1)


def belongs_to(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return a foreign key that carries the organisation, so that no row can point into another one."""
    return ForeignKeyConstraint(["org_id", column], [f"{table}.org_id", f"{table}.id"], ondelete=ondelete)


def unique_where(name: str, *columns: str, where: Any, sqlite: Any = None) -> Index:
    """Return a partial unique index; `sqlite` is the condition as that database's statements write it."""
    on_sqlite = where if sqlite is None else sqlite
    return Index(f"uq_{name}", "org_id", *columns, unique=True, sqlite_where=on_sqlite, postgresql_where=where)


# Ascending and descending are ordered by one each, as rows without the date come last in both.
DUE = {"latest": text(f"coalesce(due_date, '{LATEST}')"), "earliest": text(f"coalesce(due_date, '{EARLIEST}')")}


def by_due_date(table: str) -> list[Index]:
    """Return the indexes for both orders of a due date."""
    return [Index(f"ix_{table}_due_date_{end}", "org_id", date, "id") for end, date in DUE.items()]


class _Clock:
    """A UUIDv7 clock that never hands out the same instant twice in one process, so that ids sort by birth."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def tick(self) -> int:
        """Return microseconds since 1970, strictly rising."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return self._last


_clock = _Clock()


def new_id(prefix: str) -> str:
    """Return an id that nobody has yet: `prefix_` and a UUIDv7 of this very moment."""
    return id_of(prefix, _clock.tick(), secrets.randbits(62))


def id_of(prefix: str, microseconds: int, chance: int) -> str:
    """Return `prefix_` and the UUIDv7 of a moment since 1970 and 62 bits of chance, in Crockford base 32.

    RFC 9562: 48 bits of milliseconds, then sub-milliseconds, so that ids sort by birth.
    """
    milliseconds, micro = divmod(microseconds, 1000)
    fraction = micro * 4096 // 1000
    number = (milliseconds << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | chance
    return f"{prefix}_" + "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -5, -5))
