"""What the ledger says of a project's exports in a period, a stretch at a time, to be compared with the PSA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from db import contracts
from db.access import Action, project_for
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.time_entries.tables import TimeEntry

from .tables import ExportBatch, ExportLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import CTE, Select

    from db.session import ReadSession
    from db.viewers import Viewer

# Both days included.
Period = tuple[date, date]
OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)
# Of an entry's id: its kind and the moment of its birth.
BEGINNING = 16
AFTER_ANY_ID = "~"


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


async def contracts_to_compare(session: ReadSession, viewer: Viewer, project_id: str) -> list[str]:
    """Return the PSA's ids of the contracts that a project was exported to, and of the one that is linked now.

    Raise ProjectNotFound or Forbidden.
    """
    project = await project_for(session, viewer, project_id, Action.EXPORT_TIME)
    link = await contracts.active_link(session, project)
    of_project = ExportBatch.org_id == project.org_id, ExportBatch.project_id == project.id
    used = await session.scalars(select(ExportBatch.psa_contract_id).where(*of_project).distinct())
    return sorted({*used, *([link.psa_contract_id] if link else ())})


async def booked_behind(
    session: ReadSession, org_id: str, project_id: str, period: Period, behind: str, before: str | None, limit: int
) -> list[Booked]:
    """Return the newest lines of a period's entries in the order of their references, those between two of these.

    Older lines of an entry were refused or taken back: there is something to say of them only if the PSA has them.
    """
    entries = _entries_near(org_id, project_id, period, behind, before)
    newest = (OutboundOp.subject_id == entries.c.id) & OutboundOp.newest
    chosen = _booked(org_id).join(entries, newest).where(OutboundOp.external_ref > behind)
    if before is not None:
        chosen = chosen.where(OutboundOp.external_ref < before)
    rows = await session.execute(chosen.order_by(OutboundOp.external_ref).limit(limit))
    return [Booked(*row) for row in rows]


async def booked_as(session: ReadSession, org_id: str, external_refs: Sequence[str]) -> dict[str, Booked]:
    """Return lines by their references, of whatever project and day; a reference that nobody gave is missing."""
    rows = await session.execute(_booked(org_id).where(OutboundOp.external_ref.in_(external_refs)))
    return {row.external_ref: Booked(*row) for row in rows}


def _entries_near(org_id: str, project_id: str, period: Period, behind: str, before: str | None) -> CTE:
    """Return the entries of a period whose references may lie between two.

    Lines that may be in the PSA have the day of their entry, which is locked. References go by the entry's id, so that
    the beginnings of ids bound a stretch; and it is materialized, or a planner without statistics reads the whole
    period once for each line.
    """
    prefix = len(f"projects:{org_id}:")
    near = [TimeEntry.id >= behind[prefix:][:BEGINNING]]
    if before is not None:
        near.append(TimeEntry.id <= before[prefix:][:BEGINNING] + AFTER_ANY_ID)
    of_period = TimeEntry.org_id == org_id, TimeEntry.project_id == project_id, TimeEntry.date.between(*period)
    return select(TimeEntry.id).where(*of_period, *near).cte("entries").prefix_with("MATERIALIZED")


def _booked(org_id: str) -> Select[*tuple[Any, ...]]:
    void = aliased(OutboundOp)
    project = select(TimeEntry.project_id).where(
        TimeEntry.org_id == OutboundOp.org_id, TimeEntry.id == OutboundOp.subject_id
    )
    of_op = ExportLine.org_id == OutboundOp.org_id, ExportLine.op_id == OutboundOp.id
    line = select(ExportLine.id).where(*of_op).limit(1)  # an op has one
    being_voided = exists().where(
        void.org_id == OutboundOp.org_id, void.subject_id == OutboundOp.id, void.kind == OpKind.VOID,
        void.newest, void.state.in_(OPEN),
    )  # fmt: skip
    columns: tuple[Any, ...] = (
        OutboundOp.external_ref, OutboundOp.subject_id, project.correlate(OutboundOp).scalar_subquery(),
        line.correlate(OutboundOp).scalar_subquery(), OutboundOp.state, OutboundOp.remote_id, OutboundOp.payload,
        OutboundOp.hours, OutboundOp.amount, being_voided,
    )  # fmt: skip
    return select(*columns).where(OutboundOp.org_id == org_id, OutboundOp.kind == OpKind.TIME)
