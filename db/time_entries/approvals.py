"""Saying yes or no to logged time, to many entries at once, each with a verdict of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import activity, inputs
from db.access import Action, project_for
from db.activity import ActivityKind
from db.refusals import EntryLocked, EntryNotPending, ListTooLong, Refusal, TimeEntryNotFound

from .rules import LOCKS, export_state
from .tables import ApprovalStatus, TimeEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from db.projects.tables import Project
    from db.session import WriteSession
    from db.viewers import Viewer

MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one id: an entry, or the refusal that says why not. `changed` is False of a repeat."""

    entry_id: str
    entry: TimeEntry | None = None
    refusal: Refusal | None = None
    changed: bool = False


async def approve(session: WriteSession, viewer: Viewer, entry_ids: Sequence[str], *, now: datetime) -> list[Verdict]:
    """Approve pending entries; verdicts come in the order of the ids. Raise ListTooLong past 200.

    Verdicts refuse with TimeEntryNotFound, Forbidden, or EntryNotPending of a rejected one (domain 8.3).
    """

    def decide(entry: TimeEntry, _export: str) -> bool:
        if entry.approval_status is ApprovalStatus.REJECTED:
            raise EntryNotPending(entry.id, entry.approval_status)
        if entry.approval_status is ApprovalStatus.APPROVED:
            return False
        entry.approval_status = ApprovalStatus.APPROVED
        return True

    return await _decide(session, viewer, entry_ids, now, (decide, ActivityKind.TIME_APPROVED))


async def reject(
    session: WriteSession, viewer: Viewer, entry_ids: Sequence[str], reason: str | None, *, now: datetime
) -> list[Verdict]:
    """Reject pending entries and approved ones that are not exported (domain 12.9). Raise ListTooLong, InvalidInput.

    Verdicts refuse with TimeEntryNotFound, Forbidden or EntryLocked.
    """
    clean = inputs.checked({"reason": inputs.optional(inputs.text)}, {"reason": reason})

    def decide(entry: TimeEntry, export: str) -> bool:
        reasons = [lock for lock, holds in LOCKS.items() if holds(export)]
        if reasons:
            raise EntryLocked(entry.id, reasons)
        if entry.approval_status is ApprovalStatus.REJECTED:
            return False
        entry.approval_status, entry.rejection_reason = ApprovalStatus.REJECTED, clean["reason"]
        return True

    return await _decide(session, viewer, entry_ids, now, (decide, ActivityKind.TIME_REJECTED))


async def _decide(
    session: WriteSession, viewer: Viewer, entry_ids: Sequence[str], now: datetime,
    how: tuple[Callable[[TimeEntry, str], bool], ActivityKind],
) -> list[Verdict]:  # fmt: skip
    if len(entry_ids) > MOST_ENTRIES:
        raise ListTooLong("time entries decided on at once", MOST_ENTRIES)
    decide, kind = how
    projects = await _projects(session, viewer, entry_ids)
    found = await _entries(session, viewer, entry_ids)
    verdicts = []
    for entry_id in entry_ids:
        try:
            entry, export, project = _allowed(found, projects, entry_id)
            changed = decide(entry, export)
        except Refusal as refusal:
            verdicts.append(Verdict(entry_id, refusal=refusal))
            continue
        if changed:
            entry.approved_by_id, entry.approved_at, entry.updated_at = viewer.user_id, now, now
            activity.record(
                session, viewer, project, now, kind=kind, task_id=entry.task_id, time_entry_id=entry_id,
                summary=f"{entry.approval_status.capitalize()} {entry.hours} h",
            )  # fmt: skip
        verdicts.append(Verdict(entry_id, entry, changed=changed))
    return verdicts


def _allowed(
    found: Mapping[str, tuple[TimeEntry, str]], projects: Mapping[str, Project | Refusal], entry_id: str
) -> tuple[TimeEntry, str, Project]:
    if entry_id not in found:
        raise TimeEntryNotFound(entry_id)
    entry, export = found[entry_id]
    project = projects[entry.project_id]
    if isinstance(project, Refusal):
        raise project
    return entry, export, project


async def _projects(session: WriteSession, viewer: Viewer, entry_ids: Sequence[str]) -> dict[str, Project | Refusal]:
    ids = await session.scalars(
        select(TimeEntry.project_id).where(TimeEntry.org_id == viewer.org_id, TimeEntry.id.in_(entry_ids)).distinct()
    )
    projects: dict[str, Project | Refusal] = {}
    for project_id in sorted(ids):  # locked in one order everywhere, or two such calls could wait for each other
        try:
            projects[project_id] = await project_for(session, viewer, project_id, Action.APPROVE_TIME)
        except Refusal as refusal:
            projects[project_id] = refusal
    return projects


async def _entries(session: WriteSession, viewer: Viewer, entry_ids: Sequence[str]) -> dict[str, tuple[TimeEntry, str]]:
    found = await session.execute(
        select(TimeEntry, export_state(TimeEntry))
        .where(TimeEntry.org_id == viewer.org_id, TimeEntry.id.in_(entry_ids))
        .execution_options(populate_existing=True)
    )
    return {entry.id: (entry, export) for entry, export in found}
