"""Keys that callers send so that the same wish has one effect; kept as long as what they brought about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Mapped, mapped_column

from .base import Base
from .inputs import checked, name, required
from .refusals import IdempotencyKeyReused
from .types import Instant, Key
from .upserts import insert_into

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .session import ReadSession, WriteSession


# Exact, whatever an amount is: a wish is looked at before what it says is checked.
EXACT = Context(prec=100, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])


class IdempotencyKey(Base):
    """A key of one organisation, what was asked under it (a fingerprint) and what it made."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(Key, primary_key=True, sort_order=-1)
    operation: Mapped[str]
    fingerprint: Mapped[str]
    result_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked under a key: an operation and all that was said to it, by whom."""

    key: str
    operation: str
    fingerprint: str


def wish(key: str, operation: str, said: Mapping[str, Any]) -> Wish:
    """Return a wish; `said` is the input with the caller's id. Raise InvalidInput for a key of no use.

    An amount is the same however it is written: 1.5, 1.50 and 15E-1.
    """
    clean = checked({"idempotency_key": required(name)}, {"idempotency_key": key})
    canonical = json.dumps([operation, said], sort_keys=True, separators=(",", ":"), default=_plain)
    return Wish(clean["idempotency_key"], operation, hashlib.sha256(canonical.encode()).hexdigest())


def _plain(value: Any) -> str:
    return str(value.normalize(EXACT) or 0) if isinstance(value, Decimal) else str(value)


async def replay(session: ReadSession | WriteSession, org_id: str, wished: Wish) -> str | None:
    """Return the id of what the wish brought about before, or None; raise IdempotencyKeyReused."""
    found = await session.get(IdempotencyKey, (org_id, wished.key), populate_existing=True)
    if found is None:
        return None
    if (found.operation, found.fingerprint) != (wished.operation, wished.fingerprint):
        raise IdempotencyKeyReused(wished.key)
    return found.result_id


async def remember(session: WriteSession, org_id: str, wished: Wish, result_id: str, *, now: datetime) -> str | None:
    """Take the key for what this unit is about to make under `result_id`, and return None.

    Where it was taken before, return the id of what that made, and make nothing. A twin at the same moment waits
    here for the first one's commit (reliability 3.7). Raise IdempotencyKeyReused.
    """
    taken = await session.execute(
        insert_into(session, IdempotencyKey)
        .values(
            org_id=org_id, key=wished.key, operation=wished.operation, fingerprint=wished.fingerprint,
            result_id=result_id, created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.result_id)
    )  # fmt: skip
    return None if taken.scalar_one_or_none() is not None else await replay(session, org_id, wished)
