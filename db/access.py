"""Who may do what: one table of actions, and the only way in which a command comes by what it changes."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from .milestones.tables import Milestone
from .organizations import Role
from .projects.tables import Project, ProjectMember
from .refusals import (
    Forbidden,
    MilestoneNotFound,
    Missing,
    ProjectArchived,
    ProjectNotFound,
    TaskNotFound,
    TimeEntryNotFound,
)
from .tasks.tables import Task
from .time_entries.tables import TimeEntry
from .viewers import CallerKind

if TYPE_CHECKING:
    from .session import ReadSession, WriteSession
    from .viewers import Viewer

    Session = ReadSession | WriteSession

Part = TypeVar("Part", Task, Milestone, TimeEntry)


class Action(StrEnum):
    """What a caller may want to do (domain 3)."""

    READ = "READ"
    LINK_TICKET = "LINK_TICKET"
    ESCALATE_TASK = "ESCALATE_TASK"
    EDIT_TASKS = "EDIT_TASKS"
    LOG_TIME = "LOG_TIME"
    EDIT_OWN_TIME = "EDIT_OWN_TIME"
    EDIT_ANY_TIME = "EDIT_ANY_TIME"
    APPROVE_TIME = "APPROVE_TIME"
    LINK_CONTRACT = "LINK_CONTRACT"
    EXPORT_TIME = "EXPORT_TIME"
    UPDATE_PROJECT = "UPDATE_PROJECT"
    EDIT_MILESTONES = "EDIT_MILESTONES"
    EDIT_MEMBERS = "EDIT_MEMBERS"
    ARCHIVE_PROJECT = "ARCHIVE_PROJECT"
    CREATE_PROJECT = "CREATE_PROJECT"
    CONFIGURE = "CONFIGURE"


LEAST_ROLE = {
    Action.READ: Role.VIEWER,
    Action.LINK_TICKET: Role.MEMBER,
    Action.ESCALATE_TASK: Role.MEMBER,
    Action.EDIT_TASKS: Role.MEMBER,
    Action.LOG_TIME: Role.MEMBER,
    Action.EDIT_OWN_TIME: Role.MEMBER,
    Action.EDIT_ANY_TIME: Role.MANAGER,
    Action.APPROVE_TIME: Role.MANAGER,
    Action.LINK_CONTRACT: Role.MANAGER,
    Action.EXPORT_TIME: Role.MANAGER,
    Action.UPDATE_PROJECT: Role.MANAGER,
    Action.EDIT_MILESTONES: Role.MANAGER,
    Action.EDIT_MEMBERS: Role.MANAGER,
    Action.ARCHIVE_PROJECT: Role.OWNER,
    Action.CREATE_PROJECT: Role.MANAGER,
    Action.CONFIGURE: Role.ADMIN,
}

# After a project was archived nothing new is begun in it; what was done can still be corrected, approved and billed.
ENDED_BY_ARCHIVING = frozenset(
    {
        Action.LINK_TICKET, Action.ESCALATE_TASK, Action.EDIT_TASKS, Action.LOG_TIME, Action.UPDATE_PROJECT,
        Action.EDIT_MILESTONES, Action.EDIT_MEMBERS,
    }
)  # fmt: skip


def effective_role(viewer: Viewer, project_role: Role | None) -> Role | None:
    """Return the role a caller has in a project, given their membership's; None is nobody's role.

    Organisation owners and admins keep theirs everywhere; a Hub viewer reads only, whatever the project says.
    """
    if viewer.kind is CallerKind.INTEGRATION:
        return Role.VIEWER
    if viewer.role in (Role.OWNER, Role.ADMIN):
        return Role.OWNER if project_role is Role.OWNER else viewer.role
    if viewer.role is Role.VIEWER and project_role is not None:
        return Role.VIEWER
    return project_role


def allowed(viewer: Viewer, project_role: Role | None) -> frozenset[Action]:
    """Return all that a caller may do in a project, given their membership's role."""
    return _allowed(effective_role(viewer, project_role))


@cache
def _allowed(role: Role | None) -> frozenset[Action]:
    return frozenset(action for action, least in LEAST_ROLE.items() if role is not None and role.rank >= least.rank)


def on_time_of(owner_id: str, viewer: Viewer, action: Action) -> Action:
    """Return what an action on somebody's time takes: EDIT_OWN_TIME of somebody else's is EDIT_ANY_TIME."""
    return Action.EDIT_ANY_TIME if action is Action.EDIT_OWN_TIME and owner_id != viewer.user_id else action


def require_org(viewer: Viewer, action: Action) -> None:
    """Raise Forbidden unless the caller's role in the organisation is enough; integration keys never are."""
    least = LEAST_ROLE[action]
    if viewer.role is None or viewer.role.rank < least.rank:
        raise Forbidden(action, least if viewer.kind is CallerKind.SESSION else None)


def require(viewer: Viewer, project: Project, role: Role | None, action: Action) -> None:
    """Raise ProjectNotFound, Forbidden or ProjectArchived unless the caller, of this membership, may do it."""
    if action not in allowed(viewer, role):
        if action is Action.READ:
            raise ProjectNotFound(project.id)
        raise Forbidden(action, LEAST_ROLE[action] if viewer.kind is CallerKind.SESSION else None)
    if project.archived_at is not None and action in ENDED_BY_ARCHIVING:
        raise ProjectArchived(project.id)


async def project_for(session: Session, viewer: Viewer, project_id: str, action: Action) -> Project:
    """Return a project to do something with; raise ProjectNotFound, Forbidden or ProjectArchived.

    To change anything it is locked (SQLite has one writer anyway): what a command checks stays true till it commits.
    In a session that only reads, nothing is: there the answer is good for asking another product, and no longer.
    """
    wanted = select(Project).where(Project.org_id == viewer.org_id, Project.id == project_id)
    if action is not Action.READ and not session.info.get("read_only"):
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    project = await session.scalar(wanted)
    if project is None:
        raise ProjectNotFound(project_id)
    require(viewer, project, await membership(session, viewer, project_id), action)
    return project


async def membership(session: Session, viewer: Viewer, project_id: str) -> Role | None:
    """Return the caller's role as a member of a project, or None."""
    return await session.scalar(
        select(ProjectMember.role).where(
            ProjectMember.org_id == viewer.org_id,
            ProjectMember.project_id == project_id,
            ProjectMember.user_id == viewer.user_id,
        )
    )


async def task_for(session: Session, viewer: Viewer, task_id: str, action: Action) -> tuple[Task, Project]:
    """Return a task and its project to do something with; raise TaskNotFound, Forbidden or ProjectArchived."""
    return await _part_for(session, viewer, (Task, task_id, TaskNotFound), action)


async def milestone_for(
    session: Session, viewer: Viewer, milestone_id: str, action: Action
) -> tuple[Milestone, Project]:
    """Return a milestone and its project; raise MilestoneNotFound, Forbidden or ProjectArchived."""
    return await _part_for(session, viewer, (Milestone, milestone_id, MilestoneNotFound), action)


async def entry_for(session: Session, viewer: Viewer, entry_id: str, action: Action) -> tuple[TimeEntry, Project]:
    """Return a time entry and its project; raise TimeEntryNotFound, Forbidden or ProjectArchived."""
    entry, project = await _part_for(session, viewer, (TimeEntry, entry_id, TimeEntryNotFound), action)
    needed = on_time_of(entry.user_id, viewer, action)
    if needed is not action:
        await project_for(session, viewer, project.id, needed)
    return entry, project


async def _part_for(
    session: Session, viewer: Viewer, wanted: tuple[type[Part], str, type[Missing]], action: Action
) -> tuple[Part, Project]:
    kind, part_id, missing = wanted
    where = (kind.org_id == viewer.org_id, kind.id == part_id)
    project_id = await session.scalar(select(kind.project_id).where(*where))
    if project_id is None:
        raise missing(part_id)
    try:
        project = await project_for(session, viewer, project_id, action)
    except ProjectNotFound:
        raise missing(part_id) from None
    # Only now, with the project locked, is what we read of the part what will be there at the commit.
    part = await session.scalar(select(kind).where(*where).execution_options(populate_existing=True))
    if part is None:
        raise missing(part_id)
    return part, project
