"""How exports end: the batch whose last line was settled, and lines that are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from db import activity, idempotency
from db.access import Action, project_for
from db.activity import ActivityKind
from db.inputs import checked, name, required
from db.ledger.intents import Intent, enqueue
from db.ledger.settlements import void
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.projects.tables import Project
from db.refusals import ExportLineNotFound, ProjectNotFound

from .refusals import LineNotExported
from .rules import batch_counts
from .tables import ExportBatch, ExportLine

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ScalarSelect

    from db.session import WriteSession
    from db.viewers import Viewer

OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)


async def finish_batch(session: WriteSession, org_id: str, op_id: str, now: datetime) -> None:
    """Write down that a batch is finished, in the unit that settles its last line.

    It happens once: lines of a batch share their contract, so no two of them are ever settled at the same time.
    """
    of_op = ExportLine.org_id == org_id, ExportLine.op_id == op_id
    batch_id = await session.scalar(select(ExportLine.batch_id).where(*of_op, _open_line(ExportLine).is_(None)))
    if batch_id is None:
        return
    batch = await session.get_one(ExportBatch, (org_id, batch_id))
    project = await session.get_one(Project, (org_id, batch.project_id))
    counts = await batch_counts(session, org_id, batch_id)
    activity.record(
        session, None, project, now, kind=ActivityKind.EXPORT_FINISHED,
        summary=f"Exported {counts.confirmed} of {counts.total} time entries to {batch.contract_number}",
        details={"batch_id": batch_id, "confirmed": counts.confirmed, "rejected": counts.rejected},
    )  # fmt: skip


async def enqueue_void(
    session: WriteSession, viewer: Viewer, line_id: str, *, reason: str, idempotency_key: str, now: datetime
) -> str:
    """Ask the PSA to take an exported line back; return the op that does it, also of a void under way.

    Raise ExportLineNotFound, Forbidden, InvalidInput, IdempotencyKeyReused or LineNotExported.
    """
    why = checked({"reason": required(name)}, {"reason": reason})["reason"]
    said = {"caller": viewer.user_id, "line": line_id, "reason": why}
    wished = idempotency.wish(idempotency_key, "voidExport", said)
    op = await _exported(session, viewer, line_id)
    done = await idempotency.replay(session, viewer.org_id, wished)
    if done is not None:
        return done
    if op.state is not OpState.CONFIRMED:
        raise LineNotExported(line_id, op.state)
    payload = {"remote_id": op.remote_id, "reason": why, "requested_by_id": viewer.user_id}
    taken = await enqueue(session, [Intent(OpKind.VOID, op.id, op.revision, payload, op.order_key)], now)
    op_id = taken.get(op.id) or await _void_of(session, viewer.org_id, op.id)
    await idempotency.remember(session, viewer.org_id, wished, op_id, now=now)
    return op_id


async def finish_void(session: WriteSession, org_id: str, op_id: str) -> None:
    """Turn an op the PSA has removed into a voided one, which frees its time entry."""
    await void(session, org_id, op_id)


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


async def _exported(session: WriteSession, viewer: Viewer, line_id: str) -> OutboundOp:
    line = await session.get(ExportLine, (viewer.org_id, line_id))
    if line is None:
        raise ExportLineNotFound(line_id)
    batch = await session.get_one(ExportBatch, (viewer.org_id, line.batch_id))
    try:
        await project_for(session, viewer, batch.project_id, Action.EXPORT_TIME)
    except ProjectNotFound:
        raise ExportLineNotFound(line_id) from None
    return await session.get_one(OutboundOp, (viewer.org_id, line.op_id), populate_existing=True)


async def _void_of(session: WriteSession, org_id: str, op_id: str) -> str:
    under_way = OutboundOp.org_id == org_id, OutboundOp.subject_id == op_id, OutboundOp.kind == OpKind.VOID
    return (await session.scalars(select(OutboundOp.id).where(*under_way, OutboundOp.newest))).one()
