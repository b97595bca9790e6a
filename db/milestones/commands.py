"""Creating and changing milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from db import activity, inputs
from db.access import Action, milestone_for, project_for
from db.activity import ActivityKind
from db.base import new_id
from db.refusals import ListTooLong

from .tables import Milestone, MilestoneStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.session import WriteSession
    from db.viewers import Viewer

MOST_MILESTONES = 100

CHECKS: Mapping[str, inputs.Check] = {
    "name": inputs.required(inputs.name),
    "due_date": inputs.optional(inputs.day),
    "status": inputs.required(inputs.one_of(MilestoneStatus)),
    "deliverables": inputs.optional(inputs.text),
    "visible_to_client": inputs.given,
}


async def create(
    session: WriteSession, viewer: Viewer, project_id: str, values: Mapping[str, Any], *, now: datetime
) -> Milestone:
    """Add a milestone; keys are those of CHECKS, `name` required.

    Raise ProjectNotFound, Forbidden, ProjectArchived, InvalidInput or ListTooLong (100 of a project).
    """
    project = await project_for(session, viewer, project_id, Action.EDIT_MILESTONES)
    clean = inputs.checked(CHECKS, {"name": None} | dict(values))
    of_project = (Milestone.org_id == viewer.org_id, Milestone.project_id == project_id)
    if await session.scalar(select(func.count()).select_from(Milestone).where(*of_project)) == MOST_MILESTONES:
        raise ListTooLong("milestones of a project", MOST_MILESTONES)
    milestone = Milestone(org_id=viewer.org_id, id=new_id(Milestone.PREFIX), project_id=project_id, **clean)
    _derive(milestone, now)
    session.add(milestone)
    summary = f"Added the milestone {milestone.name}"
    activity.record(session, viewer, project, now, kind=ActivityKind.MILESTONE_CREATED, summary=summary)
    await session.flush()
    return milestone


async def update(
    session: WriteSession, viewer: Viewer, milestone_id: str, values: Mapping[str, Any], *, now: datetime
) -> Milestone:
    """Change what is given. Raise MilestoneNotFound, Forbidden, ProjectArchived or InvalidInput."""
    milestone, project = await milestone_for(session, viewer, milestone_id, Action.EDIT_MILESTONES)
    clean = inputs.checked(CHECKS, values)
    changes = activity.changes(milestone, clean)
    if changes:
        for field, value in clean.items():
            setattr(milestone, field, value)
        _derive(milestone, now)
        activity.record(
            session, viewer, project, now, kind=ActivityKind.MILESTONE_UPDATED, details=changes,
            summary=f"Updated the milestone {milestone.name}",
        )  # fmt: skip
    return milestone


def _derive(milestone: Milestone, now: datetime) -> None:
    done = milestone.status is MilestoneStatus.COMPLETED
    milestone.completed_at = (milestone.completed_at or now) if done else None
