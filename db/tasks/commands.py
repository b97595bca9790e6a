"""Creating and changing tasks, and the progress of their project that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from db import activity, inputs
from db.access import Action, project_for, task_for
from db.activity import ActivityKind
from db.base import new_id
from db.milestones.tables import Milestone
from db.organizations import find_user
from db.refusals import MilestoneNotFound
from db.types import fold

from .dependencies import depend
from .tables import Task, TaskPriority, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.projects.tables import Project
    from db.session import WriteSession
    from db.viewers import Viewer

MOST_HOURS = 100_000
MOST_POINTS = 10_000

CHECKS: Mapping[str, inputs.Check] = {
    "name": inputs.required(inputs.name),
    "description": inputs.optional(inputs.text),
    "milestone_id": lambda key: key,
    "assignee_id": lambda key: key,
    "due_date": inputs.optional(inputs.day),
    "priority": inputs.required(inputs.one_of(TaskPriority)),
    "status": inputs.required(inputs.one_of(TaskStatus)),
    "stage": inputs.optional(inputs.name),
    "task_type": inputs.optional(inputs.name),
    "estimated_hours": inputs.optional(inputs.decimal(MOST_HOURS)),
    "story_points": inputs.optional(inputs.whole(MOST_POINTS)),
    "depends_on_ids": inputs.given,
}


async def create(
    session: WriteSession, viewer: Viewer, project_id: str, values: Mapping[str, Any], *, now: datetime,
    task_id: str | None = None,
) -> Task:  # fmt: skip
    """Add a task; keys are those of CHECKS, `name` required.

    Raise ProjectNotFound, Forbidden, ProjectArchived, InvalidInput, MilestoneNotFound, UserNotFound, TaskNotFound
    (of a dependency) or ListTooLong.
    """
    project = await project_for(session, viewer, project_id, Action.EDIT_TASKS)
    clean = inputs.checked(CHECKS, {"name": None} | dict(values))
    depends_on = clean.pop("depends_on_ids", ())
    await _check_references(session, project, clean)
    task = Task(
        **clean,
        org_id=viewer.org_id, id=task_id or new_id(Task.PREFIX), project_id=project_id,
        name_folded=fold(clean["name"]), reporter_id=viewer.user_id, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(task)
    await session.flush()
    await depend(session, task, depends_on)
    await _refresh_progress(session, project)
    summary = f"Added the task {task.name}"
    activity.record(session, viewer, project, now, kind=ActivityKind.TASK_CREATED, summary=summary, task_id=task.id)
    return task


async def update(
    session: WriteSession, viewer: Viewer, task_id: str, values: Mapping[str, Any], *, now: datetime
) -> Task:
    """Change what is given; `depends_on_ids` replaces the whole list. No ticket is touched: nothing syncs (the seed).

    Raise TaskNotFound, Forbidden, ProjectArchived, InvalidInput, MilestoneNotFound, UserNotFound, DependencyCycle
    or ListTooLong.
    """
    task, project = await task_for(session, viewer, task_id, Action.EDIT_TASKS)
    clean = inputs.checked(CHECKS, values)
    depends_on = clean.pop("depends_on_ids", None)
    await _check_references(session, project, clean)
    changes = activity.changes(task, clean)
    if depends_on is not None:
        changes |= await depend(session, task, depends_on)
    if changes:
        for field, value in clean.items():
            setattr(task, field, value)
        task.name_folded, task.updated_at = fold(task.name), now
        await _refresh_progress(session, project)
        activity.record(
            session, viewer, project, now, kind=ActivityKind.TASK_UPDATED, details=changes, task_id=task.id,
            summary=f"Updated the task {task.name}",
        )  # fmt: skip
    return task


async def _check_references(session: WriteSession, project: Project, values: Mapping[str, Any]) -> None:
    if values.get("assignee_id") is not None:
        await find_user(session, project.org_id, values["assignee_id"])
    milestone_id = values.get("milestone_id")
    if milestone_id is not None:
        milestone = await session.get(Milestone, (project.org_id, milestone_id))
        if milestone is None or milestone.project_id != project.id:
            raise MilestoneNotFound(milestone_id)


async def _refresh_progress(session: WriteSession, project: Project) -> None:
    """Done tasks of all tasks, rounded down, so that 100 means all (domain 7)."""
    await session.flush()
    counted = await session.execute(
        select(func.count(), func.count(case((Task.status == TaskStatus.DONE, 1)))).where(
            Task.org_id == project.org_id, Task.project_id == project.id
        )
    )
    tasks, done = counted.one()
    project.progress_percent = 100 * done // tasks if tasks else 0
