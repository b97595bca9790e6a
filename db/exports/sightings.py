"""What a person saw in the PSA of a line that no lookup can settle: it is believed, and kept with who said so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from db import activity
from db.activity import ActivityKind
from db.inputs import checked, name
from db.ledger.settlements import A_PERSONS, settle_as_seen
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.refusals import InvalidInput

from .endings import OPEN, finish_batch
from .lines import line_for
from .refusals import LineNotLeftToPeople, RequestUnderWay
from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.projects.tables import Project
    from db.session import WriteSession
    from db.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Sighting:
    """What somebody saw: the PSA's id of the entry that stands for the line; None where none does."""

    psa_time_entry_id: str | None


async def settle_line(
    session: WriteSession, viewer: Viewer, line_id: str, seen: Sighting, now: datetime,
    may_arrive_until: Callable[[datetime], datetime],
) -> str:  # fmt: skip
    """Settle a line as it was seen, and return its time entry's id: CONFIRMED, or REJECTED where the PSA has none.

    `may_arrive_until` says how long a request that was sent then may still take effect. Raise ExportLineNotFound,
    Forbidden, InvalidInput, LineNotLeftToPeople or RequestUnderWay.
    """
    line, op, project = await line_for(session, viewer, line_id)
    await _hold_batch(session, line)
    await session.refresh(op)
    if op.state is not OpState.UNKNOWN or op.needs_attention not in A_PERSONS:
        raise LineNotLeftToPeople(line_id, op.state)
    if seen.psa_time_entry_id is None:
        _require_nothing_under_way(line_id, op, now, may_arrive_until)
        remote_id = None
    else:
        remote_id = await _checked_id(session, op, seen.psa_time_entry_id)
    if not await settle_as_seen(session, op.org_id, op.id, remote_id, now):
        raise LineNotLeftToPeople(line_id, op.state)
    _tell(session, viewer, project, line, op, remote_id, now)
    await finish_batch(session, op.org_id, op.id, now)
    return line.time_entry_id


async def _hold_batch(session: WriteSession, line: ExportLine) -> None:
    """Keep workers from settling other lines of the batch meanwhile: the last of them tells that it is finished."""
    of_batch = select(ExportLine.op_id).where(ExportLine.org_id == line.org_id, ExportLine.batch_id == line.batch_id)
    open_ops = select(OutboundOp.id).where(
        OutboundOp.org_id == line.org_id, OutboundOp.id.in_(of_batch), OutboundOp.state.in_(OPEN)
    )
    await session.execute(open_ops.order_by(OutboundOp.id).with_for_update())


def _require_nothing_under_way(
    line_id: str, op: OutboundOp, now: datetime, may_arrive_until: Callable[[datetime], datetime]
) -> None:
    until = may_arrive_until(op.last_sent_at or now)
    if until > now:
        raise RequestUnderWay(line_id, math.ceil((until - now).total_seconds()))


async def _checked_id(session: WriteSession, op: OutboundOp, remote_id: str) -> str:
    """Return the PSA's id of an entry, unless another line stands for that one."""
    clean: str = checked({"psa_time_entry_id": name}, {"psa_time_entry_id": remote_id})["psa_time_entry_id"]
    others = OutboundOp.org_id == op.org_id, OutboundOp.kind == OpKind.TIME, OutboundOp.state == OpState.CONFIRMED
    if await session.scalar(select(exists().where(*others, OutboundOp.remote_id == clean))):
        raise InvalidInput({"psa_time_entry_id": "is the entry of another export line"})
    return clean


def _tell(
    session: WriteSession, viewer: Viewer, project: Project, line: ExportLine, op: OutboundOp, remote_id: str | None,
    now: datetime,
) -> None:  # fmt: skip
    found = f"is there as {remote_id}" if remote_id else "is not there"
    activity.record(
        session, viewer, project, now, kind=ActivityKind.EXPORT_SETTLED, time_entry_id=line.time_entry_id,
        summary=f"Looked in the PSA for {op.hours} h in doubt: it {found}",
        details={"line_id": line.id, "external_ref": op.external_ref, "psa_time_entry_id": remote_id},
    )  # fmt: skip
