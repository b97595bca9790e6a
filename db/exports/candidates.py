"""The entries an export is asked for, with all that their verdicts and their payloads need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from db.ledger.tables import OpKind, OpState, OutboundOp
from db.organizations import User
from db.projects.tables import ProjectMember
from db.refusals import InvalidInput, ListTooLong
from db.tickets import TicketLink
from db.time_entries.rules import NEVER_SENT, OBSTACLES, export_state, exportable
from db.time_entries.tables import TimeEntry

from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Select

    from db.projects.tables import Project
    from db.session import ReadSession, WriteSession
    from db.viewers import Viewer

    Session = ReadSession | WriteSession

AT_ONCE = 500
MOST_LISTED = 200
MOST_ELIGIBLE = 20_000

NOT_FOUND = "NOT_FOUND"
WRONG_PROJECT = "WRONG_PROJECT"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be exported: who worked, the ticket of its task, its newest op and that op's batch."""

    entry: TimeEntry
    user_email: str
    ticket_id: str | None
    op: OutboundOp | None
    batch_id: str | None

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Return what stands between the entry and its export, in the order of OBSTACLES."""
        export = NEVER_SENT if self.op is None else self.op.state.value
        return tuple(obstacle for obstacle, rule in OBSTACLES.items() if rule(self.entry, export))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an entry is exported, and if not, why: `code` is the first of `reasons` (domain 8.4).

    Of an entry that was exported before, or is being exported, `batch_id` and `psa_time_entry_id` tell where.
    """

    entry_id: str
    reasons: tuple[str, ...] = ()
    op_id: str | None = None
    batch_id: str | None = None
    psa_time_entry_id: str | None = None

    @property
    def code(self) -> str | None:
        """Return the reason to show, None for an eligible entry."""
        return self.reasons[0] if self.reasons else None


async def chosen(session: Session, project: Project, entry_ids: Sequence[str] | None) -> dict[str, Candidate]:
    """Return what a request names, None being all that is eligible.

    Raise InvalidInput (none listed) or ListTooLong (200 listed, 20,000 eligible).
    """
    if entry_ids is None:
        return await all_eligible(session, project)
    if not entry_ids:
        raise InvalidInput({"time_entry_ids": "must name at least one entry"})
    if len(entry_ids) > MOST_LISTED:
        raise ListTooLong("time entries listed in one export", MOST_LISTED)
    return await listed(session, project.org_id, entry_ids)


async def listed(session: Session, org_id: str, entry_ids: Sequence[str]) -> dict[str, Candidate]:
    """Return the entries of these ids, of any project, by id; an unknown id is missing."""
    found: dict[str, Candidate] = {}
    for start in range(0, len(entry_ids), AT_ONCE):
        chosen = _candidates(org_id).where(TimeEntry.id.in_(entry_ids[start : start + AT_ONCE]))
        found |= {row.TimeEntry.id: Candidate(*row) for row in await session.execute(chosen)}
    return found


async def all_eligible(session: Session, project: Project) -> dict[str, Candidate]:
    """Return every exportable entry of a project by id, the oldest first. Raise ListTooLong beyond 20,000."""
    chosen = (
        _candidates(project.org_id)
        .where(TimeEntry.project_id == project.id, exportable(TimeEntry, export_state(TimeEntry)))
        .order_by(TimeEntry.id)
        .limit(MOST_ELIGIBLE + 1)
    )
    found = {row.TimeEntry.id: Candidate(*row) for row in await session.execute(chosen)}
    if len(found) > MOST_ELIGIBLE:
        raise ListTooLong("time entries in one export", MOST_ELIGIBLE)
    return found


async def judge(
    session: Session, viewer: Viewer, project: Project, entry_ids: Sequence[str], found: Mapping[str, Candidate]
) -> dict[str, Verdict]:
    """Return a verdict for each id. Of another project it says so only to those who may see that project."""
    elsewhere = {each.entry.project_id for each in found.values()} - {project.id}
    seen = elsewhere if viewer.sees_all or not elsewhere else await _memberships(session, viewer, elsewhere)
    return {entry_id: _verdict(entry_id, found.get(entry_id), project, seen) for entry_id in entry_ids}


def _verdict(entry_id: str, candidate: Candidate | None, project: Project, seen: set[str]) -> Verdict:
    if candidate is None:
        return Verdict(entry_id, (NOT_FOUND,))
    if candidate.entry.project_id != project.id:
        return Verdict(entry_id, (WRONG_PROJECT if candidate.entry.project_id in seen else NOT_FOUND,))
    reasons, op = candidate.obstacles, candidate.op
    if op is None or op.state in (OpState.REJECTED, OpState.VOIDED):
        return Verdict(entry_id, reasons)
    return Verdict(entry_id, reasons, batch_id=candidate.batch_id, psa_time_entry_id=op.remote_id)


async def _memberships(session: Session, viewer: Viewer, project_ids: set[str]) -> set[str]:
    members = select(ProjectMember.project_id).where(
        ProjectMember.org_id == viewer.org_id,
        ProjectMember.user_id == viewer.user_id,
        ProjectMember.project_id.in_(project_ids),
    )
    return set(await session.scalars(members))


def _candidates(org_id: str) -> Select[*tuple[Any, ...]]:
    newest_op = (
        (OutboundOp.org_id == TimeEntry.org_id)
        & (OutboundOp.subject_id == TimeEntry.id)
        & (OutboundOp.kind == OpKind.TIME)
        & OutboundOp.newest
    )
    on_the_card = (
        (TicketLink.org_id == TimeEntry.org_id) & (TicketLink.task_id == TimeEntry.task_id) & TicketLink.newest
    )
    batch = (
        select(func.max(ExportLine.batch_id))
        .where(ExportLine.org_id == TimeEntry.org_id, ExportLine.op_id == OutboundOp.id)
        .correlate(TimeEntry, OutboundOp)
        .scalar_subquery()
    )
    return (
        select(TimeEntry, User.email, TicketLink.psa_ticket_id, OutboundOp, batch)
        .join(User, (User.org_id == TimeEntry.org_id) & (User.id == TimeEntry.user_id))
        .outerjoin(OutboundOp, newest_op)
        .outerjoin(TicketLink, on_the_card)
        .where(TimeEntry.org_id == org_id)
        .execution_options(populate_existing=True)
    )
