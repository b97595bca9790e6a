"""What the ledger says of a project's exports in a period, a stretch at a time, to be compared with the PSA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from db import contracts
from db.access import Action, project_for
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.time_entries.tables import TimeEntry

from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Select

    from db.session import ReadSession
    from db.viewers import Viewer

# Both days included.
Period = tuple[date, date]
OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Booked:
    """A line as the ledger has it: what was sent, or is to be, under which reference, and what became of it.

    `being_voided`: a void of it is under way, so that the PSA may have removed it already.
    """

    external_ref: str
    time_entry_id: str
    project_id: str
    line_id: str | None
    state: OpState
    remote_id: str | None
    payload: dict[str, Any]
    hours: Decimal
    amount: Decimal
    being_voided: bool


async def contracts_to_compare(session: ReadSession, viewer: Viewer, project_id: str, period: Period) -> list[str]:
    """Return the PSA's ids of the contracts that a period's lines went to, and of the one that is linked now.

    Raise ProjectNotFound or Forbidden.
    """
    project = await project_for(session, viewer, project_id, Action.EXPORT_TIME)
    link = await contracts.active_link(session, project)
    contract = OutboundOp.payload["contract_id"].as_string()
    used = await session.scalars(_joined(select(contract), viewer.org_id).where(*_of(project_id, period)).distinct())
    return sorted({*used, *([link.psa_contract_id] if link else ())})


async def booked_behind(
    session: ReadSession, org_id: str, project_id: str, period: Period, behind: str, before: str | None, limit: int
) -> list[Booked]:
    """Return a project's lines of a period in the order of their references, those between two references only.

    The day is the one that was sent: an entry that was voided may have another by now.
    """
    stretch = [OutboundOp.external_ref > behind]
    if before is not None:
        stretch.append(OutboundOp.external_ref < before)
    chosen = _booked(org_id).where(*_of(project_id, period), *stretch)
    rows = await session.execute(chosen.order_by(OutboundOp.external_ref).limit(limit))
    return [Booked(*row) for row in rows]


async def booked_as(session: ReadSession, org_id: str, external_refs: Sequence[str]) -> dict[str, Booked]:
    """Return lines by their references, of whatever project and day; a reference that nobody gave is missing."""
    rows = await session.execute(_booked(org_id).where(OutboundOp.external_ref.in_(external_refs)))
    return {row.external_ref: Booked(*row) for row in rows}


def _of(project_id: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    day = OutboundOp.payload["date"].as_string()
    return TimeEntry.project_id == project_id, day >= period[0].isoformat(), day <= period[1].isoformat()


def _booked(org_id: str) -> Select[*tuple[Any, ...]]:
    void = aliased(OutboundOp)
    line = select(func.max(ExportLine.id)).where(
        ExportLine.org_id == OutboundOp.org_id, ExportLine.op_id == OutboundOp.id
    )
    being_voided = exists().where(
        void.org_id == OutboundOp.org_id, void.subject_id == OutboundOp.id, void.kind == OpKind.VOID,
        void.newest, void.state.in_(OPEN),
    )  # fmt: skip
    columns: tuple[Any, ...] = (
        OutboundOp.external_ref, OutboundOp.subject_id, TimeEntry.project_id,
        line.correlate(OutboundOp).scalar_subquery(), OutboundOp.state, OutboundOp.remote_id, OutboundOp.payload,
        OutboundOp.hours, OutboundOp.amount, being_voided,
    )  # fmt: skip
    return _joined(select(*columns), org_id)


def _joined(chosen: Any, org_id: str) -> Any:
    its_entry = (TimeEntry.org_id == OutboundOp.org_id) & (TimeEntry.id == OutboundOp.subject_id)
    of_time = OutboundOp.org_id == org_id, OutboundOp.kind == OpKind.TIME
    return chosen.select_from(OutboundOp).join(TimeEntry, its_entry).where(*of_time)
