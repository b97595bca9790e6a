"""Creating, changing and archiving projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update as sql_update

from db import activity, inputs
from db.access import Action, project_for, require_org
from db.activity import ActivityKind
from db.base import new_id
from db.clients import Client
from db.organizations import Organization, Role, find_user
from db.refusals import ClientNotFound, InvalidInput
from db.types import fold

from .members import hand_over, join
from .tables import Project, ProjectStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.session import WriteSession
    from db.viewers import Viewer

CHECKS: Mapping[str, inputs.Check] = {
    "name": inputs.required(inputs.name),
    "description": inputs.optional(inputs.text),
    "engine": inputs.required(inputs.name),
    "owner_id": inputs.given,
    "client_id": inputs.optional(inputs.text),
    "status": inputs.required(inputs.one_of(ProjectStatus)),
    "start_date": inputs.optional(inputs.day),
    "due_date": inputs.optional(inputs.day),
    "budget": inputs.optional(inputs.money),
    "billing_rate": inputs.optional(inputs.money),
    "tags": inputs.required(inputs.tags),
    "custom_fields": inputs.required(inputs.json_object),
}


async def create(
    session: WriteSession, viewer: Viewer, values: Mapping[str, Any], *, now: datetime, project_id: str | None = None
) -> Project:
    """Open a project, whose owner is the creator unless another is named; keys are those of CHECKS, `name` required.

    Raise Forbidden, InvalidInput, UserNotFound or ClientNotFound (`clients.ensure` comes first).
    """
    require_org(viewer, Action.CREATE_PROJECT)
    clean = inputs.checked(CHECKS, {"name": None, "owner_id": viewer.user_id} | dict(values))
    await _check_references(session, viewer, clean)
    number, engine = await _next_number(session, viewer.org_id)
    project = Project(
        **({"engine": engine} | clean),
        org_id=viewer.org_id, id=project_id or new_id(Project.PREFIX), number=number, created_at=now, updated_at=now,
    )  # fmt: skip
    _derive(project, now)
    session.add(project)
    await session.flush()
    for user_id, role in {viewer.user_id: Role.MANAGER, project.owner_id: Role.OWNER}.items():
        await join(session, project, user_id, role, now)
    summary = f"Created {number} {project.name}"
    activity.record(session, viewer, project, now, kind=ActivityKind.PROJECT_CREATED, summary=summary)
    return project


async def update(
    session: WriteSession, viewer: Viewer, project_id: str, values: Mapping[str, Any], *, now: datetime
) -> Project:
    """Change what is given; the engine is fixed at creation (domain 4). A new owner becomes its OWNER member.

    Raise ProjectNotFound, Forbidden (also by hand_over), ProjectArchived, InvalidInput, UserNotFound, ClientNotFound
    or ListTooLong.
    """
    project = await project_for(session, viewer, project_id, Action.UPDATE_PROJECT)
    clean = inputs.checked(CHECKS, values)
    if clean.get("engine", project.engine) != project.engine:
        raise InvalidInput({"engine": "is fixed when a project is created"})
    await _check_references(session, viewer, clean)
    if clean.get("owner_id", project.owner_id) != project.owner_id:
        await hand_over(session, viewer, project, clean["owner_id"], now)
    changes = activity.changes(project, clean)
    if changes:
        for field, value in clean.items():
            setattr(project, field, value)
        _derive(project, now)
        project.updated_at = now
        activity.record(
            session, viewer, project, now, kind=ActivityKind.PROJECT_UPDATED, details=changes,
            summary=f"Updated {project.number} {project.name}",
        )  # fmt: skip
    return project


async def archive(session: WriteSession, viewer: Viewer, project_id: str, *, now: datetime) -> Project:
    """Put a project away; a repeat changes nothing. Raise ProjectNotFound or Forbidden."""
    project = await project_for(session, viewer, project_id, Action.ARCHIVE_PROJECT)
    if project.archived_at is None:
        project.archived_at = project.updated_at = now
        summary = f"Archived {project.number} {project.name}"
        activity.record(session, viewer, project, now, kind=ActivityKind.PROJECT_ARCHIVED, summary=summary)
    return project


def _derive(project: Project, now: datetime) -> None:
    project.name_folded = fold(project.name)
    done = project.status is ProjectStatus.COMPLETED
    project.completed_at = (project.completed_at or now) if done else None


async def _check_references(session: WriteSession, viewer: Viewer, values: Mapping[str, Any]) -> None:
    if "owner_id" in values:
        await find_user(session, viewer.org_id, values["owner_id"])
    client_id = values.get("client_id")
    if client_id is not None and await session.get(Client, (viewer.org_id, client_id)) is None:
        raise ClientNotFound(client_id)


async def _next_number(session: WriteSession, org_id: str) -> tuple[str, str]:
    # The row stays locked until the commit, so that numbers have neither gaps nor doubles.
    counted = await session.execute(
        sql_update(Organization)
        .where(Organization.org_id == org_id)
        .values(last_project_number=Organization.last_project_number + 1)
        .returning(Organization.project_number_prefix, Organization.last_project_number, Organization.engine)
    )
    prefix, number, engine = counted.one()
    return f"{prefix}-{number:06}", engine
