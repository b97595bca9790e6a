"""How exports end: the batch whose last line was settled."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from db import activity
from db.activity import ActivityKind
from db.ledger.tables import OpState, OutboundOp
from db.projects.tables import Project

from .rules import batch_counts
from .tables import ExportBatch, ExportLine

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ScalarSelect, Select

    from db.session import WriteSession

OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)


async def finish_batch(session: WriteSession, org_id: str, op_id: str, now: datetime) -> None:
    """Write down that a batch is finished, in the unit that settles its last line.

    It happens once: lines of a batch share their contract, so no two of them are ever settled at the same time.
    """
    batch_id = await session.scalar(_finished(), {"of_org": org_id, "of_op": op_id})
    if batch_id is None:
        return
    batch = await session.get_one(ExportBatch, (org_id, batch_id))
    project = await session.get_one(Project, (org_id, batch.project_id))
    counts = await batch_counts(session, org_id, batch_id)
    arrived = counts.confirmed + counts.voided  # one that was taken back before the last was settled arrived, too
    activity.record(
        session, None, project, now, kind=ActivityKind.EXPORT_FINISHED,
        summary=f"Exported {arrived} of {counts.total} time entries to {batch.contract_number}",
        details={"batch_id": batch_id, "confirmed": arrived, "rejected": counts.rejected},
    )  # fmt: skip


@cache
def _finished() -> Select[str]:
    """Build once what finds the batch of an op when none of its lines is open: every settled line asks it."""
    of_op = ExportLine.org_id == bindparam("of_org"), ExportLine.op_id == bindparam("of_op")
    return select(ExportLine.batch_id).where(*of_op, _open_line(ExportLine).is_(None))


def _open_line(line: type[ExportLine]) -> ScalarSelect[str]:
    """Return a line of the same batch that is still open; looking from the end mostly finds one at once."""
    other = aliased(ExportLine)
    return (
        select(other.id)
        .join(OutboundOp, (OutboundOp.org_id == other.org_id) & (OutboundOp.id == other.op_id))
        .where(other.org_id == line.org_id, other.batch_id == line.batch_id, OutboundOp.state.in_(OPEN))
        .order_by(other.position.desc())
        .limit(1)
        .correlate(line)
        .scalar_subquery()
    )
