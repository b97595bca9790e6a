"""What became of an op: the marker before the first byte, and the settlement after the last (reliability 3.1-3.4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text, update

from db.base import new_id

from .tables import AttemptKind, Attention, OpState, OutboundAttempt, OutboundOp
from .touching import touched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from db.session import WriteSession

    from .claims import Claimed

OPS: Any = OutboundOp.__table__
A_DAY = timedelta(hours=24)
FINAL = frozenset({OpState.CONFIRMED, OpState.REJECTED})
# Not a date to be met: until a person says otherwise.
PARKED = datetime.fromisoformat("9999-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one call to the PSA did and saw."""

    kind: AttemptKind
    started_at: datetime
    finished_at: datetime
    outcome: str
    http_status: int | None = None
    psa_request_id: str | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ends. `never_left` takes the send marker back: the PSA surely did not apply this attempt.

    `counts` is false for an attempt that only met a closed door, so that it does not lengthen the next wait.
    """

    state: OpState
    not_before: datetime | None = None
    remote_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    needs_attention: Attention | None = None
    never_left: bool = False
    counts: bool = True


async def mark_sent(session: WriteSession, claimed: Claimed, now: datetime) -> bool:
    """Write down that the next thing to happen is the sending; False when the op is no longer ours.

    The commit must be durable: a lost marker makes a line look never-sent, and it would be sent again blindly.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL synchronous_commit = on"))
    marks = {"last_sent_at": now, "first_sent_at": claimed.first_sent_at or now}
    return await touched(session, update(OPS).where(_still_ours(claimed)).values(marks)) == 1


async def settle(
    session: WriteSession, claimed: Claimed, outcome: Outcome, attempts: Sequence[Attempt], now: datetime
) -> bool:
    """Write down how a turn ended; False when the op was taken away meanwhile, and only the attempts are kept.

    A late success of a fenced worker is evidence for the next lookup, so attempts are kept in any case.
    """
    if attempts:
        await session.execute(insert(OutboundAttempt), [_row(claimed, attempt) for attempt in attempts])
    values = _values(claimed, outcome, now)
    return await touched(session, update(OPS).where(_still_ours(claimed)).values(values)) == 1


async def void(session: WriteSession, org_id: str, op_id: str) -> bool:
    """Turn a confirmed op into a voided one: the PSA has removed what it had brought there."""
    confirmed = OPS.c.org_id == org_id, OPS.c.id == op_id, OPS.c.state == OpState.CONFIRMED
    return await touched(session, update(OPS).where(*confirmed).values(state=OpState.VOIDED)) == 1


async def look_again(session: WriteSession, org_id: str, op_ids: Sequence[str], now: datetime) -> None:
    """Let ops that wait, parked ones included, have their next turn at once; doubts are still looked up first."""
    waiting = OPS.c.org_id == org_id, OPS.c.id.in_(op_ids), OPS.c.state.in_((OpState.PENDING, OpState.UNKNOWN))
    await session.execute(update(OPS).where(*waiting).values(not_before=now))


def _still_ours(claimed: Claimed) -> ColumnElement[bool]:
    return (
        (OPS.c.org_id == claimed.org_id)
        & (OPS.c.id == claimed.id)
        & (OPS.c.epoch == claimed.epoch)
        & (OPS.c.state == OpState.SENT)
    )


def _values(claimed: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
    if outcome.state not in FINAL | {OpState.PENDING, OpState.UNKNOWN}:
        raise ValueError(f"no edge leads from SENT to {outcome.state}")
    values: dict[str, Any] = {
        "state": outcome.state,
        "owner": None,
        "lease_until": None,
        "settled_at": now if outcome.state in FINAL else None,
        "not_before": outcome.not_before or now,
        "remote_id": outcome.remote_id,
        "error_code": outcome.error_code,
        "error_message": outcome.error_message,
        "needs_attention": outcome.needs_attention or _grown_old(claimed, outcome, now),
    }
    if outcome.never_left:
        values |= {"first_sent_at": claimed.first_sent_at, "last_sent_at": claimed.last_sent_at}
    return values if outcome.counts else values | {"attempts": claimed.attempts - 1}


def _grown_old(claimed: Claimed, outcome: Outcome, now: datetime) -> Attention | None:
    in_doubt_since = claimed.first_sent_at if outcome.state is OpState.UNKNOWN else None
    return Attention.UNSETTLED_FOR_A_DAY if in_doubt_since and now - in_doubt_since >= A_DAY else None


def _row(claimed: Claimed, attempt: Attempt) -> dict[str, Any]:
    whose = {"org_id": claimed.org_id, "id": new_id(OutboundAttempt.PREFIX), "op_id": claimed.id}
    return whose | {"epoch": claimed.epoch} | asdict(attempt)
