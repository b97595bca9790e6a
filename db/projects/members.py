"""Who belongs to a project, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db import activity
from db.access import Action, effective_role, membership, project_for
from db.activity import ActivityKind
from db.base import new_id
from db.organizations import Role, find_user
from db.refusals import Forbidden, InvalidInput, ListTooLong, MemberIsOwner, UserNotFound

from .tables import Project, ProjectMember

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import WriteSession
    from db.viewers import Viewer

MOST_MEMBERS = 100


async def add(
    session: WriteSession, viewer: Viewer, project_id: str, user_id: str, role: Role, *, now: datetime
) -> ProjectMember:
    """Make a person a member, or give a member another role; nobody gives, or takes, a role higher than their own.

    A role that somebody has is no news: nothing is written.

    Raise ProjectNotFound, Forbidden, ProjectArchived, UserNotFound, MemberIsOwner, InvalidInput or ListTooLong.
    """
    project = await project_for(session, viewer, project_id, Action.EDIT_MEMBERS)
    user = await find_user(session, viewer.org_id, user_id)
    if user_id == project.owner_id:
        raise MemberIsOwner(user_id)
    if role is Role.OWNER:
        raise InvalidInput({"role": "OWNER is the project owner's: set ownerId with updateProject"})
    before = await _member(session, project, user_id)
    await _refuse_above_own(session, viewer, project, role, *([before.role] if before else []))
    if before is not None and before.role is role:
        return before
    member = await join(session, project, user_id, role, now)
    activity.record(
        session, viewer, project, now, kind=ActivityKind.MEMBER_ADDED,
        summary=f"Made {user.name} {role} of {project.number}", details={"user_id": user_id, "role": role},
    )  # fmt: skip
    return member


async def remove(
    session: WriteSession, viewer: Viewer, project_id: str, user_id: str, *, now: datetime
) -> ProjectMember:
    """End a membership and return what it was; what the person did stays. Nobody ends one of a higher role.

    Raise ProjectNotFound, Forbidden, ProjectArchived, MemberIsOwner, or UserNotFound of somebody who is no member.
    """
    project = await project_for(session, viewer, project_id, Action.EDIT_MEMBERS)
    if user_id == project.owner_id:
        raise MemberIsOwner(user_id)
    member = await _member(session, project, user_id)
    if member is None:
        raise UserNotFound(user_id)
    await _refuse_above_own(session, viewer, project, member.role)
    user = await find_user(session, viewer.org_id, user_id)
    await session.delete(member)
    activity.record(
        session, viewer, project, now, kind=ActivityKind.MEMBER_REMOVED,
        summary=f"Removed {user.name} from {project.number}", details={"user_id": user_id},
    )  # fmt: skip
    return member


async def join(session: WriteSession, project: Project, user_id: str, role: Role, now: datetime) -> ProjectMember:
    """Give a person a role in a project, whatever they had before; raise ListTooLong past 100 members."""
    member = await _member(session, project, user_id)
    if member is None:
        of_project = (ProjectMember.org_id == project.org_id, ProjectMember.project_id == project.id)
        if await session.scalar(select(func.count()).select_from(ProjectMember).where(*of_project)) == MOST_MEMBERS:
            raise ListTooLong("members of a project", MOST_MEMBERS)
        member = ProjectMember(
            org_id=project.org_id, id=new_id(ProjectMember.PREFIX), project_id=project.id, user_id=user_id, added_at=now
        )
        session.add(member)
    member.role = role
    return member


async def hand_over(session: WriteSession, viewer: Viewer, project: Project, user_id: str, now: datetime) -> None:
    """Give a project another owner; the one before stays as a manager.

    It is the owner's to give, or that of the organisation's owners and admins; raise Forbidden of anybody else: an
    admin of the project alone would come by what only owners may. Raise ListTooLong past 100 members.
    """
    own = effective_role(viewer, await membership(session, viewer, project.id))
    if own is not Role.OWNER and viewer.role not in (Role.OWNER, Role.ADMIN):
        raise Forbidden(Action.UPDATE_PROJECT, Role.OWNER)
    await join(session, project, project.owner_id, Role.MANAGER, now)
    await join(session, project, user_id, Role.OWNER, now)


async def _refuse_above_own(session: WriteSession, viewer: Viewer, project: Project, *roles: Role) -> None:
    own = effective_role(viewer, await membership(session, viewer, project.id))
    highest = max(roles, key=lambda role: role.rank)
    if own is None or highest.rank > own.rank:
        raise Forbidden(Action.EDIT_MEMBERS, highest)


async def _member(session: WriteSession, project: Project, user_id: str) -> ProjectMember | None:
    return await session.scalar(
        select(ProjectMember).where(
            ProjectMember.org_id == project.org_id,
            ProjectMember.project_id == project.id,
            ProjectMember.user_id == user_id,
        )
    )
