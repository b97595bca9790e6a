"""Taking exported lines back: the PSA removes its entry, and ours may be corrected and sent again (domain 8.4.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import activity, idempotency
from db.activity import ActivityKind
from db.inputs import checked, name, required
from db.ledger.intents import Intent, enqueue
from db.ledger.settlements import void
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.projects.tables import Project
from db.time_entries.tables import TimeEntry

from .lines import line_for
from .refusals import LineNotExported

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import WriteSession
    from db.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Voiding:
    """The op that takes a line back; `replayed` says that an earlier request had the key."""

    op_id: str
    entry_id: str
    replayed: bool = False


async def enqueue_void(
    session: WriteSession, viewer: Viewer, line_id: str, *, reason: str, idempotency_key: str, now: datetime
) -> Voiding:
    """Ask the PSA to take an exported line back; a wish that meets a void under way joins it.

    Raise ExportLineNotFound, Forbidden, InvalidInput, IdempotencyKeyReused or LineNotExported.
    """
    why = checked({"reason": required(name)}, {"reason": reason})["reason"]
    said = {"caller": viewer.user_id, "line": line_id, "reason": why}
    wished = idempotency.wish(idempotency_key, "voidExport", said)
    line, op, project = await line_for(session, viewer, line_id)
    done = await idempotency.replay(session, viewer.org_id, wished)
    if done is not None:
        return Voiding(done, line.time_entry_id, replayed=True)
    if op.state is not OpState.CONFIRMED:
        raise LineNotExported(line_id, op.state)
    payload = {"remote_id": op.remote_id, "reason": why, "requested_by_id": viewer.user_id}
    taken = await enqueue(session, [Intent(OpKind.VOID, op.id, op.revision, payload, op.order_key)], now)
    if taken:
        activity.record(
            session, viewer, project, now, kind=ActivityKind.VOID_REQUESTED, time_entry_id=line.time_entry_id,
            summary=f"Asked to take {op.hours} h back from the PSA: {why}", details={"line_id": line_id, "reason": why},
        )  # fmt: skip
    op_id = taken.get(op.id) or await _void_of(session, viewer.org_id, op.id)
    await idempotency.remember(session, viewer.org_id, wished, op_id, now=now)
    return Voiding(op_id, line.time_entry_id)


async def finish_void(session: WriteSession, org_id: str, op_id: str, now: datetime) -> None:
    """Turn an op the PSA has removed into a voided one, which frees its time entry."""
    if not await void(session, org_id, op_id):
        return
    op = await session.get_one(OutboundOp, (org_id, op_id), populate_existing=True)
    entry = await session.get_one(TimeEntry, (org_id, op.subject_id))
    project = await session.get_one(Project, (org_id, entry.project_id))
    activity.record(
        session, None, project, now, kind=ActivityKind.EXPORT_VOIDED, time_entry_id=entry.id,
        summary=f"Took {op.hours} h back from the PSA", details={"external_ref": op.external_ref},
    )  # fmt: skip


async def _void_of(session: WriteSession, org_id: str, op_id: str) -> str:
    under_way = OutboundOp.org_id == org_id, OutboundOp.subject_id == op_id, OutboundOp.kind == OpKind.VOID
    return (await session.scalars(select(OutboundOp.id).where(*under_way, OutboundOp.newest))).one()
