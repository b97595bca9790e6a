"""What may be asked of the ledger by those who wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, exists, func, literal, select

from .incarnations import IS_SUSPENDED
from .tables import OpState, OutboundOp, OutboundSender

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from db.session import ReadSession, WriteSession

    from .claims import Own

SUSPENDED = "EXPORTS_SUSPENDED"
SUSPENDED_SAID = "Nothing is sent until a restored ledger was compared with the PSA; then it goes on by itself."


def shown_code(op: Any) -> ColumnElement[str | None]:
    """Return why an op is not confirmed, for machines; one that waits with all the others says so."""
    return case((_is_held(op), literal(SUSPENDED)), else_=op.error_code)


def shown_message(op: Any) -> ColumnElement[str | None]:
    """Return the same for people."""
    return case((_is_held(op), literal(SUSPENDED_SAID)), else_=op.error_message)


async def outstanding(session: ReadSession | WriteSession, own: Own, until: datetime) -> bool:
    """Tell whether any of these ops is under way, or will have its next turn until then; none has while suspended."""
    resting = exists().where(OutboundSender.org_id == own.org_id, OutboundSender.rests_until > until)
    soon = OutboundOp.state.in_((OpState.PENDING, OpState.UNKNOWN)) & (OutboundOp.not_before <= until)
    soon &= ~resting & ~IS_SUSPENDED
    theirs = OutboundOp.org_id == own.org_id, OutboundOp.id.in_(own.op_ids)
    return bool(await session.scalar(select(exists().where(*theirs, soon | (OutboundOp.state == OpState.SENT)))))


async def waiting(session: ReadSession | WriteSession, org_id: str) -> int:
    """Count an organisation's ops that still have to be sent or looked up."""
    theirs = OutboundOp.org_id == org_id, OutboundOp.state.in_((OpState.PENDING, OpState.UNKNOWN))
    return await session.scalar(select(func.count()).where(*theirs)) or 0


def _is_held(op: Any) -> ColumnElement[bool]:
    return (op.state == OpState.PENDING) & op.error_code.is_(None) & IS_SUSPENDED
