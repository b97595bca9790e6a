"""What both Strawberry contestants ask the database, as SQLAlchemy expressions over the project's own tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, exists, func, select, tuple_

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from db.clients import Client
from db.milestones.tables import Milestone, MilestoneStatus
from db.pages import read_cursor
from db.projects.tables import Project, ProjectMember, ProjectStatus

if TYPE_CHECKING:
    from bench.tokens import Caller


def visible(caller: Caller) -> ColumnElement[bool]:
    """Tell whether the caller sees a project."""
    mine = Project.org_id == caller.org
    if caller.sees_all:
        return mine
    member = ProjectMember
    return and_(mine, exists().where(
        member.org_id == caller.org, member.project_id == Project.id, member.user_id == caller.user
    ))  # fmt: skip


def served(caller: Caller) -> ColumnElement[bool]:
    """Tell whether the caller sees a client: one of its projects, where not all."""
    mine = Client.org_id == caller.org
    if caller.sees_all:
        return mine
    return and_(mine, exists(select(Project.id).where(Project.client_id == Client.id, visible(caller))))


def projects_after(statement: Select[Any], first: int, after: str | None) -> Select[Any]:
    """Cut a page of projects, with one row more than is shown."""
    if after:
        statement = statement.where(Project.id > read_cursor(after, PROJECTS, 0, 1))
    return statement.order_by(Project.id).limit(first + 1)


def clients_after(statement: Select[Any], first: int, after: str | None) -> Select[Any]:
    """Cut a page of clients by name, with one row more than is shown."""
    if after:
        name, key = (read_cursor(after, CLIENTS_BY_NAME, place, 2) for place in (0, 1))
        statement = statement.where(tuple_(Client.name_folded, Client.id) > (name, key))
    return statement.order_by(Client.name_folded, Client.id).limit(first + 1)


def milestones_in_order() -> tuple[Any, Any]:
    """Return the order of a project's milestones: those without a date come last."""
    return func.coalesce(Milestone.due_date, date(9999, 12, 31)), Milestone.id


def health(caller: Caller, clients: Any, today: Any) -> Select[Any]:
    """Return the figures of some clients; those without an active project have no row."""
    late = (
        select(func.count())
        .where(
            Milestone.org_id == caller.org, Milestone.project_id == Project.id,
            Milestone.status != MilestoneStatus.COMPLETED, Milestone.due_date < today,
        )
        .correlate(Project)
        .scalar_subquery()
    )  # fmt: skip
    stalled = and_(Project.progress_percent == 0, Project.start_date < today)
    each = (
        select(
            Project.client_id, Project.progress_percent, late.label("late"),
            case((Project.due_date < today, 1), else_=0).label("overdue"), case((stalled, 1), else_=0).label("stalled"),
        )
        .where(
            visible(caller), Project.client_id.in_(clients), Project.status != ProjectStatus.COMPLETED,
            Project.archived_at.is_(None),
        )
        .offset(0)
        .subquery()
    )  # fmt: skip
    at_risk = case((each.c.late + each.c.stalled > 0, 1), else_=0)
    sums = [
        cast(func.sum(column), Integer) for column in (each.c.overdue, each.c.progress_percent, each.c.late, at_risk)
    ]
    return select(each.c.client_id, func.count(), *sums).group_by(each.c.client_id)


def total(caller: Caller) -> Select[Any]:
    """Count the projects that the caller sees."""
    return select(func.count()).select_from(Project).where(visible(caller))


def today_in_utc() -> date:
    """Return the day in the organisation's time zone, which is UTC here."""
    return datetime.now(UTC).date()
