"""Writing down what is to be sent, in the transaction of the wish, with an identity that every retry shares."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update

from db.base import id_of, new_id
from db.upserts import insert_into

from .tables import OpKind, OpState, OutboundOp, OutboundSender

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.session import WriteSession

NAMESPACE = UUID("5f3c1d0a-9f52-5e0e-8a35-6d6d1c1f0e11")  # any UUID, as long as it never changes
AT_ONCE = 1000
NUMBERS = 100  # of a subject's ops, as many as the PSA is asked for in one call; half of them lie ahead
# At once, whatever this node's clock says: claims go by the ledger's.
DUE = datetime(1970, 1, 1, tzinfo=UTC)
OPS: Any = OutboundOp.__table__


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to send. `payload` is JSON without floats; `order_key` names what is sent one at a time."""

    kind: OpKind
    subject_id: str
    revision: int
    payload: dict[str, Any]
    order_key: str


async def enqueue(session: WriteSession, intents: Sequence[Intent], now: datetime) -> dict[str, str]:
    """Write intents down as PENDING; return {subject: op} of those that had no live op.

    The unique index decides, not a look before: of two concurrent wishes for a subject one gets the op, and the
    other, once the first is committed, finds its subject missing in the answer.
    """
    org_id = session.info["org_id"]
    await _know_sender(session, org_id)
    # Every transaction takes its subjects in one order, so that two of them wait for each other, never in a ring.
    chunks = list(_chunks(sorted(intents, key=lambda intent: intent.subject_id)))
    counts: dict[str, int] = {}
    for chunk in chunks:
        counts |= await _retire(session, org_id, chunk)
    recovered_at = await _recovered_at(session, org_id)
    taken: dict[str, str] = {}
    for chunk in chunks:
        rows = [_row(org_id, intent, counts.get(intent.subject_id, 0) + 1, now) for intent in chunk]
        rows = [row | _perhaps_out_there(row["subject_id"], recovered_at, now) for row in rows]
        insert = insert_into(session, OPS).on_conflict_do_nothing()
        inserted = await session.execute(insert.returning(OPS.c.subject_id, OPS.c.id), rows)
        taken |= {row.subject_id: row.id for row in inserted}
    return taken


def external_ref(org_id: str, subject_id: str, number: int) -> str:
    """Return the name under which the PSA keeps what we send; `number` counts the subject's ops."""
    return f"projects:{org_id}:{subject_id}:{number}"


def sibling_refs(reference: str) -> list[str]:
    """Return the other names under which the PSA may have the same subject, by a ledger that had counted on."""
    subject, _, number = reference.rpartition(":")
    first = max(1, int(number) - NUMBERS // 2)
    names = (f"{subject}:{each}" for each in range(first, first + NUMBERS))
    return [name for name in names if name != reference]


def digest(payload: dict[str, Any]) -> str:
    """Return the SHA-256 of a payload's canonical JSON."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def idempotency_key(reference: str, payload_sha256: str) -> str:
    """Return the key sent along: any node, restart or retry computes the same."""
    return str(uuid5(NAMESPACE, reference + payload_sha256))


def _chunks(intents: Sequence[Intent]) -> Iterator[Sequence[Intent]]:
    for start in range(0, len(intents), AT_ONCE):
        yield intents[start : start + AT_ONCE]


async def _retire(session: WriteSession, org_id: str, chunk: Sequence[Intent]) -> dict[str, int]:
    """Mark the subjects' finished ops as no longer the newest; return how many ops each has had."""
    of_these = OutboundOp.org_id == org_id, OutboundOp.subject_id.in_([intent.subject_id for intent in chunk])
    over = OutboundOp.state.in_((OpState.REJECTED, OpState.VOIDED))
    await session.execute(
        update(OutboundOp).where(*of_these, OutboundOp.newest, over).values(newest=False),
        execution_options={"synchronize_session": False},
    )
    counts = select(OutboundOp.subject_id, func.count().label("ops")).where(*of_these)
    return {row.subject_id: row.ops for row in await session.execute(counts.group_by(OutboundOp.subject_id))}


def _row(org_id: str, intent: Intent, number: int, now: datetime) -> dict[str, Any]:
    reference, sha256 = external_ref(org_id, intent.subject_id, number), digest(intent.payload)
    return {
        "org_id": org_id,
        "id": new_id(OutboundOp.PREFIX),
        "kind": intent.kind,
        "subject_id": intent.subject_id,
        "revision": intent.revision,
        "external_ref": reference,
        "idempotency_key": idempotency_key(reference, sha256),
        "payload": intent.payload,
        "payload_sha256": sha256,
        "hours": _figure(intent.payload, "hours"),
        "amount": _figure(intent.payload, "amount"),
        "order_key": intent.order_key,
        "not_before": DUE,
        "created_at": now,
    }


async def _recovered_at(session: WriteSession, org_id: str) -> datetime | None:
    return await session.scalar(select(OutboundSender.recovered_at).where(OutboundSender.org_id == org_id))


def _perhaps_out_there(subject_id: str, recovered_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Return what makes an op be looked up before its first send: a ledger that was lost may have sent it.

    Ids sort by birth, so a subject that is younger than the recovery is known by its id.
    """
    if recovered_at is None or subject_id > id_of(subject_id.partition("_")[0], _microseconds(recovered_at), 0):
        return {"sends": 0, "first_sent_at": None, "last_sent_at": None, "doubt_since": None}
    return {"sends": 1, "first_sent_at": recovered_at, "last_sent_at": recovered_at, "doubt_since": now}


def _microseconds(at: datetime) -> int:
    return (at - DUE) // timedelta(microseconds=1)


def _figure(payload: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(payload[name]) if payload.get(name) is not None else None


async def _know_sender(session: WriteSession, org_id: str) -> None:
    row = {"org_id": org_id, "served_at": DUE, "rests_until": DUE}
    await session.execute(insert_into(session, OutboundSender).values(row).on_conflict_do_nothing())
