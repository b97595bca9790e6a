"""What became of an op: the marker before the first byte, and the settlement after the last (reliability 3.1-3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, exists, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from db.base import new_id

from .tables import AttemptKind, Attention, OpState, OutboundAttempt, OutboundOp
from .touching import moment, touched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement

    from db.session import WriteSession

    from .claims import Claimed

OPS: Any = OutboundOp.__table__
ATTEMPTS: Any = OutboundAttempt.__table__
OURS = update(OPS).where(
    OPS.c.org_id == bindparam("of_org"), OPS.c.id == bindparam("of_id"), OPS.c.epoch == bindparam("of_epoch"),
    OPS.c.state == OpState.SENT,
)  # fmt: skip
KEPT = insert(ATTEMPTS)
FINAL = frozenset({OpState.CONFIRMED, OpState.REJECTED})
# Doubts that no lookup ends: what a person saw in the PSA does.
A_PERSONS = (Attention.CANNOT_BE_LOOKED_UP, Attention.REMOTE_MISMATCH)
NOT_THERE = "NOT_IN_PSA"
# Not a date to be met: until a person says otherwise.
PARKED = datetime.fromisoformat("9999-01-01T00:00:00Z")
# A unit that ended like this may have been kept or not.
COMMIT_IN_DOUBT = (DBAPIError, OSError, TimeoutError)


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


async def mark_sent(
    session: WriteSession, claimed: Claimed, now: datetime, *, audit_at: datetime | None = None
) -> bool:
    """Write down that the next thing to happen is the sending; False when the op is no longer ours.

    The commit must be durable, as every writer's is (db.session): a lost marker makes a line look never-sent, and it
    would be sent again blindly.
    From its second marker on an op is to be audited, at `audit_at`.
    """
    marks = {"last_sent_at": now, "first_sent_at": claimed.first_sent_at or now, "sends": claimed.sends + 1}
    if claimed.sends:
        marks["audit_at"] = audit_at
    return await _write_ours(session, claimed, marks)


async def settle(
    session: WriteSession, claimed: Claimed, outcome: Outcome, attempts: Sequence[Attempt], now: datetime, *,
    audit_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Write down how a turn ended; False when the op was taken away meanwhile, and only the attempts are kept.

    A late send of a fenced worker is evidence: its attempts are kept in any case, and the op is audited at `audit_at`.
    """
    await keep(session, claimed, attempts)
    values = _values(claimed, outcome, now)
    ours = await _write_ours(session, claimed, values)
    if not ours and any(attempt.kind is AttemptKind.SEND for attempt in attempts):
        await session.execute(update(OPS).where(_it(claimed)).values(audit_at=audit_at))
    return ours


async def keep(session: WriteSession, claimed: Claimed, attempts: Sequence[Attempt]) -> None:
    """Write down what was tried and seen."""
    if attempts:
        await session.execute(KEPT, [_row(claimed, attempt) for attempt in attempts])


async def is_still_ours(session: WriteSession, claimed: Claimed) -> bool:
    """Read an op anew after a commit nobody could answer for (P7): True when nothing of it was kept."""
    return bool(await session.scalar(select(exists().where(_still_ours(claimed)))))


async def void(session: WriteSession, org_id: str, op_id: str) -> bool:
    """Turn a confirmed op into a voided one: the PSA has removed what it had brought there, and nobody misses it."""
    confirmed = OPS.c.org_id == org_id, OPS.c.id == op_id, OPS.c.state == OpState.CONFIRMED
    attention = func.nullif(OPS.c.needs_attention, Attention.MISSING_IN_PSA)
    values = {"state": OpState.VOIDED, "needs_attention": attention}
    return await touched(session, update(OPS).where(*confirmed).values(values)) == 1


async def settle_as_seen(session: WriteSession, org_id: str, op_id: str, remote_id: str | None, now: datetime) -> bool:
    """Settle a doubt that is a person's as it was seen in the PSA; False when it is none, or somebody looks it up now.

    What is not there is refused: its subject is free, and goes out anew, under its next reference, if a person asks.
    """
    its = OPS.c.org_id == org_id, OPS.c.id == op_id
    doubtful = OPS.c.state == OpState.UNKNOWN, OPS.c.needs_attention.in_(A_PERSONS)
    seen = {"state": OpState.CONFIRMED, "error_code": None, "error_message": None}
    unseen = {
        "state": OpState.REJECTED,
        "error_code": NOT_THERE,
        "error_message": "A person did not find it in the PSA.",
    }
    values = {"remote_id": remote_id, "settled_at": now, "not_before": now, "doubt_since": None, "audit_at": None}
    values |= {"needs_attention": None} | (seen if remote_id else unseen)
    return await touched(session, update(OPS).where(*its, *doubtful).values(values)) == 1


async def look_again(session: WriteSession, org_id: str, op_ids: Sequence[str], now: datetime) -> None:
    """Let ops that wait, parked ones included, have their next turn at once; doubts are still looked up first.

    A person asked for it, so that a doubt counts from now, and may be sent again when the lookup finds nothing.
    """
    waiting = OPS.c.org_id == org_id, OPS.c.id.in_(op_ids), OPS.c.state.in_((OpState.PENDING, OpState.UNKNOWN))
    doubt_since = case((OPS.c.doubt_since.is_(None), None), else_=moment(now))
    await session.execute(update(OPS).where(*waiting).values(not_before=now, doubt_since=doubt_since))


def _it(claimed: Claimed) -> ColumnElement[bool]:
    return (OPS.c.org_id == claimed.org_id) & (OPS.c.id == claimed.id)


def _still_ours(claimed: Claimed) -> ColumnElement[bool]:
    return _it(claimed) & (OPS.c.epoch == claimed.epoch) & (OPS.c.state == OpState.SENT)


async def _write_ours(session: WriteSession, claimed: Claimed, values: Mapping[str, Any]) -> bool:
    """Change the op where it is still ours: the fence. Built once, as putting it together costs more than running."""
    fence = {"of_org": claimed.org_id, "of_id": claimed.id, "of_epoch": claimed.epoch}
    return await touched(session, OURS, {**fence, **values}) == 1


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
        "doubt_since": (claimed.doubt_since or now) if outcome.state is OpState.UNKNOWN else None,
        "needs_attention": outcome.needs_attention or _grown_old(claimed, outcome, now),
    }
    if outcome.never_left:
        values |= {name: getattr(claimed, name) for name in ("first_sent_at", "last_sent_at", "sends", "audit_at")}
    return values if outcome.counts else values | {"attempts": claimed.attempts - 1}


def _grown_old(claimed: Claimed, outcome: Outcome, now: datetime) -> Attention | None:
    is_old = outcome.state is OpState.UNKNOWN and claimed.is_in_doubt_for_a_day(now)
    return Attention.UNSETTLED_FOR_A_DAY if is_old else None


def _row(claimed: Claimed, attempt: Attempt) -> dict[str, Any]:
    whose = {"org_id": claimed.org_id, "id": new_id(OutboundAttempt.PREFIX), "op_id": claimed.id}
    return whose | {"epoch": claimed.epoch} | {name: getattr(attempt, name) for name in Attempt.__slots__}
