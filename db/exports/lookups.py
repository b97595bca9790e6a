"""Looking an unknown line up because a person asked, and what that found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.ledger.settlements import look_again
from db.ledger.tables import AttemptKind, OpState, OutboundAttempt

from .lines import line_for

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession, WriteSession
    from db.viewers import Viewer


class Finding(StrEnum):
    """What looking a line up came to."""

    FOUND = "FOUND"
    ABSENT = "ABSENT"
    UNANSWERED = "UNANSWERED"
    NOT_NEEDED = "NOT_NEEDED"


@dataclass(frozen=True, slots=True)
class Looking:
    """A lookup that was asked for: the op, None where its outcome is known, and the epoch before its turn."""

    entry_id: str
    op_id: str | None
    epoch: int


async def ask_lookup(session: WriteSession, viewer: Viewer, line_id: str, now: datetime) -> Looking:
    """Let a line whose outcome is unknown have its next turn at once. Raise ExportLineNotFound or Forbidden."""
    line, op, _project = await line_for(session, viewer, line_id)
    if op.state is OpState.UNKNOWN:
        await look_again(session, viewer.org_id, [op.id], now)
        return Looking(line.time_entry_id, op.id, op.epoch)
    return Looking(line.time_entry_id, None, op.epoch)


async def finding(session: ReadSession, org_id: str, looking: Looking) -> Finding:
    """Return what the turns since then saw; the last lookup counts."""
    if looking.op_id is None:
        return Finding.NOT_NEEDED
    since = (
        select(OutboundAttempt.outcome)
        .where(
            OutboundAttempt.org_id == org_id, OutboundAttempt.op_id == looking.op_id,
            OutboundAttempt.epoch > looking.epoch, OutboundAttempt.kind == AttemptKind.LOOKUP,
        )
        .order_by(OutboundAttempt.id.desc())
    )  # fmt: skip
    seen = await session.scalar(since.limit(1))
    return Finding(seen) if seen in (Finding.FOUND, Finding.ABSENT) else Finding.UNANSWERED
