"""What a batch's lines add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.ledger.tables import OpState, OutboundOp

from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from db.session import ReadSession, WriteSession


class BatchStatus(StrEnum):
    """Where a batch stands; an unknown line keeps it RUNNING, for it is never final."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines of a batch are in which state; PENDING and SENT are both `pending`."""

    pending: int = 0
    unknown: int = 0
    confirmed: int = 0
    rejected: int = 0
    voided: int = 0

    @property
    def total(self) -> int:
        """Return the number of lines."""
        return self.pending + self.unknown + self.confirmed + self.rejected + self.voided


def batch_status(counts: Counts) -> BatchStatus:
    """Return a batch's status from anything that has the counts (domain 6). A voided line had succeeded."""
    if counts.pending or counts.unknown:
        return BatchStatus.RUNNING
    if not counts.rejected:
        return BatchStatus.SUCCEEDED
    return BatchStatus.PARTIAL if counts.confirmed or counts.voided else BatchStatus.FAILED


async def batch_counts(session: ReadSession | WriteSession, org_id: str, batch_id: str) -> Counts:
    """Count a batch's lines by the state of their ops."""
    of_state = (
        select(OutboundOp.state, func.count().label("lines"))
        .join(ExportLine)
        .where(ExportLine.org_id == org_id, ExportLine.batch_id == batch_id)
        .group_by(OutboundOp.state)
    )
    return counted({row.state: row.lines for row in await session.execute(of_state)})


def counted(lines: Mapping[OpState, int]) -> Counts:
    """Return the counts of lines by the state of their ops."""
    return Counts(
        pending=lines.get(OpState.PENDING, 0) + lines.get(OpState.SENT, 0),
        unknown=lines.get(OpState.UNKNOWN, 0),
        confirmed=lines.get(OpState.CONFIRMED, 0),
        rejected=lines.get(OpState.REJECTED, 0),
        voided=lines.get(OpState.VOIDED, 0),
    )
