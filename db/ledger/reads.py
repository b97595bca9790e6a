"""What may be asked of the ledger by those who wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from .tables import OpState, OutboundOp, OutboundSender

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession, WriteSession

    from .claims import Own


async def outstanding(session: ReadSession | WriteSession, own: Own, until: datetime) -> bool:
    """Tell whether any of these ops is under way, or will have its next turn until then."""
    resting = exists().where(OutboundSender.org_id == own.org_id, OutboundSender.rests_until > until)
    soon = OutboundOp.state.in_((OpState.PENDING, OpState.UNKNOWN)) & (OutboundOp.not_before <= until) & ~resting
    theirs = OutboundOp.org_id == own.org_id, OutboundOp.id.in_(own.op_ids)
    return bool(await session.scalar(select(exists().where(*theirs, soon | (OutboundOp.state == OpState.SENT)))))


async def waiting(session: ReadSession | WriteSession, org_id: str) -> int:
    """Count an organisation's ops that still have to be sent or looked up."""
    theirs = OutboundOp.org_id == org_id, OutboundOp.state.in_((OpState.PENDING, OpState.UNKNOWN))
    return await session.scalar(select(func.count()).where(*theirs)) or 0
