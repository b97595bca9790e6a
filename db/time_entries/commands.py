"""Logging, correcting and deleting time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db import activity, inputs
from db.access import Action, entry_for, project_for
from db.activity import ActivityKind
from db.base import new_id
from db.exports.tables import ExportLine
from db.milestones.tables import Milestone
from db.organizations import find_user
from db.refusals import EntryLocked, MilestoneNotFound, TaskNotFound
from db.tasks.tables import Task

from .rules import LOCKS, Lock, export_state
from .tables import ApprovalStatus, TimeEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from db.organizations import User
    from db.projects.tables import Project
    from db.session import WriteSession
    from db.viewers import Viewer

HOURS_OF_A_DAY = 24

CHECKS: Mapping[str, inputs.Check] = {
    "hours": inputs.required(inputs.decimal(HOURS_OF_A_DAY)),
    "date": inputs.required(inputs.day),
    "description": inputs.required(inputs.text),
    "billable": inputs.given,
    "billing_rate": inputs.optional(inputs.money),
    "task_id": lambda key: key,
    "milestone_id": lambda key: key,
    "user_id": inputs.given,
}


async def log(
    session: WriteSession, viewer: Viewer, project_id: str, values: Mapping[str, Any], *,
    today: date, now: datetime, entry_id: str | None = None,
) -> TimeEntry:  # fmt: skip
    """Log time; keys are those of CHECKS, `hours` (decimal, 0 to 24) required.

    Left out, the date is today, the person the caller, the rate the person's or else the project's (domain 4). Where
    the organisation does not ask for approval, entries are born approved, by nobody. Logging for others takes
    EDIT_ANY_TIME. Raise ProjectNotFound, Forbidden, ProjectArchived, InvalidInput, UserNotFound, TaskNotFound or
    MilestoneNotFound.
    """
    project = await project_for(session, viewer, project_id, Action.LOG_TIME)
    clean = {"date": today, "description": "", "user_id": viewer.user_id} | inputs.checked(
        CHECKS, {"hours": None} | dict(values)
    )
    if clean["user_id"] != viewer.user_id:
        await project_for(session, viewer, project_id, Action.EDIT_ANY_TIME)
    user = await find_user(session, viewer.org_id, clean["user_id"])
    await _check_references(session, project, clean)
    if "billing_rate" not in clean:
        clean["billing_rate"] = _default_rate(user, project)
    entry = TimeEntry(
        org_id=viewer.org_id, id=entry_id or new_id(TimeEntry.PREFIX), project_id=project_id,
        created_at=now, updated_at=now, **clean, **_approval(viewer, now),
    )  # fmt: skip
    session.add(entry)
    await session.flush()
    _record(session, viewer, project, entry, now, kind=ActivityKind.TIME_LOGGED, summary=f"Logged {entry.hours} h")
    return entry


async def edit(
    session: WriteSession, viewer: Viewer, entry_id: str, values: Mapping[str, Any], *, now: datetime
) -> TimeEntry:
    """Change what is given; a change counts the revision up and asks for approval again (domain 8.3).

    Of another person it takes their rate as well, unless a rate is given or the present one was no default.
    Raise TimeEntryNotFound, Forbidden, InvalidInput, UserNotFound, TaskNotFound, MilestoneNotFound or EntryLocked.
    """
    entry, project = await entry_for(session, viewer, entry_id, Action.EDIT_OWN_TIME)
    clean = inputs.checked(CHECKS, values)
    if clean.get("user_id", entry.user_id) != entry.user_id:
        await entry_for(session, viewer, entry_id, Action.EDIT_ANY_TIME)
        clean |= await _rate_of_another(session, project, entry, clean)
    await _check_references(session, project, clean)
    await _refuse_locked(session, entry)
    changes = activity.changes(entry, clean)
    if changes:
        for field, value in (clean | _approval(viewer, now)).items():
            setattr(entry, field, value)
        entry.revision, entry.updated_at = entry.revision + 1, now
        _record(
            session, viewer, project, entry, now,
            kind=ActivityKind.TIME_UPDATED, summary="Corrected logged time", details=changes,
        )  # fmt: skip
    return entry


async def delete(session: WriteSession, viewer: Viewer, entry_id: str, *, now: datetime) -> TimeEntry:
    """Delete an entry and return what it was; one that stands in an export batch stays (EXPORT_HISTORY).

    Raise TimeEntryNotFound, Forbidden or EntryLocked.
    """
    entry, project = await entry_for(session, viewer, entry_id, Action.EDIT_OWN_TIME)
    await _refuse_locked(session, entry)
    of_entry = (ExportLine.org_id == entry.org_id, ExportLine.time_entry_id == entry.id)
    if await session.scalar(select(ExportLine.id).where(*of_entry).limit(1)) is not None:
        raise EntryLocked(entry_id, [Lock.EXPORT_HISTORY])
    await session.delete(entry)
    _record(session, viewer, project, entry, now, kind=ActivityKind.TIME_DELETED, summary=f"Deleted {entry.hours} h")
    return entry


def _default_rate(user: User, project: Project) -> Decimal | None:
    return project.billing_rate if user.billing_rate is None else user.billing_rate


async def _rate_of_another(
    session: WriteSession, project: Project, entry: TimeEntry, clean: Mapping[str, Any]
) -> dict[str, Any]:
    former = await find_user(session, entry.org_id, entry.user_id)
    other = await find_user(session, entry.org_id, clean["user_id"])
    if "billing_rate" in clean or entry.billing_rate != _default_rate(former, project):
        return {}
    return {"billing_rate": _default_rate(other, project)}


def _approval(viewer: Viewer, now: datetime) -> dict[str, Any]:
    waits = viewer.time_approval_required
    return {
        "approval_status": ApprovalStatus.PENDING if waits else ApprovalStatus.APPROVED,
        "approved_at": None if waits else now,
        "approved_by_id": None,
        "rejection_reason": None,
    }


def _record(
    session: WriteSession, viewer: Viewer, project: Project, entry: TimeEntry, now: datetime, **said: Any
) -> None:
    activity.record(session, viewer, project, now, task_id=entry.task_id, time_entry_id=entry.id, **said)


async def _refuse_locked(session: WriteSession, entry: TimeEntry) -> None:
    of_entry = (TimeEntry.org_id == entry.org_id, TimeEntry.id == entry.id)
    export = await session.scalar(select(export_state(TimeEntry)).where(*of_entry))
    reasons = [reason for reason, holds in LOCKS.items() if holds(export)]
    if reasons:
        raise EntryLocked(entry.id, reasons)


async def _check_references(session: WriteSession, project: Project, values: Mapping[str, Any]) -> None:
    for field, kind, missing in (("task_id", Task, TaskNotFound), ("milestone_id", Milestone, MilestoneNotFound)):
        key = values.get(field)
        if key is not None:
            part = await session.get(kind, (project.org_id, key))
            if part is None or part.project_id != project.id:
                raise missing(key)
