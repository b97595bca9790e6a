"""Reading projects, their members and milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, case, cast, func, select
from sqlalchemy.orm import aliased

from db.askers import Asker, Listed, within
from db.milestones.rules import overdue as milestone_overdue
from db.milestones.rules import overdue_count
from db.milestones.tables import Milestone
from db.projects.rules import at_risk, overdue
from db.projects.tables import Project, ProjectMember
from db.relations import Entity, Filter, Itself, Order, ToMany, ToOne, equal
from db.rules import every
from db.tasks.tables import Task, TaskStatus
from db.time_entries.rules import billing_cents, counted
from db.time_entries.tables import TimeEntry
from db.types import Hours, Instant, Key, Money

from .folding import contains, dated, dated_last, summed, switch
from .links import active, linked_to

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def _overdue(row: Any, asker: Asker) -> ColumnElement[bool]:
    # Said once more of what the order of dates is by: the latest come first there, and none of them is overdue.
    return every(overdue(row, asker.today), dated_last(row.due_date, descending=True) < asker.today)


def _hours_estimated(row: Any, asker: Asker) -> ColumnElement[Any]:
    task = aliased(Task)
    total = select(summed(task.estimated_hours, Hours)).where(within(asker, task, task.project_id == row.id))
    return total.scalar_subquery()


def _hours_logged(row: Any, asker: Asker) -> ColumnElement[Any]:
    entry = aliased(TimeEntry)
    total = select(summed(entry.hours, Hours)).where(within(asker, entry, entry.project_id == row.id, counted(entry)))
    return total.scalar_subquery()


def _actual_cost(row: Any, asker: Asker) -> ColumnElement[Any]:
    entry = aliased(TimeEntry)
    worth = summed(billing_cents(entry), Money)
    return select(worth).where(within(asker, entry, entry.project_id == row.id, counted(entry))).scalar_subquery()


def _progress(row: Any, asker: Asker) -> ColumnElement[int]:
    task = aliased(Task)
    done = func.count(case((task.status == TaskStatus.DONE, 1)))
    share = case((func.count() == 0, 0), else_=100 * done // func.count())
    of_milestone = within(asker, task, task.milestone_id == row.id)
    return select(cast(share, Integer)).where(of_milestone).scalar_subquery()


PROJECT = Entity(
    "Project",
    Project,
    facts={"hours_estimated": _hours_estimated, "hours_logged": _hours_logged, "actual_cost": _actual_cost},
    relations={
        "owner": ToOne("User", {"id": "owner_id"}),
        "client": ToOne("Client", {"id": "client_id"}),
        "contract_link": ToOne("ContractLink", {"project_id": "id"}, active),
        "milestones": ToMany("Milestone", "project_id", order="due_date"),
        "tasks": ToMany("Task", "project_id"),
        "time_entries": ToMany("TimeEntry", "project_id", order="date", descending=True),
        "members": ToMany("ProjectMember", "project_id"),
        "export_batches": ToMany("ExportBatch", "project_id", order="id", descending=True),
        "activity": ToMany("ActivityEvent", "project_id", order="id", descending=True),
        "health": Itself("ProjectHealth"),
    },
    filters={
        "client_id": equal("client_id"),
        "contract_id": Filter(lambda row, asker, contract_id: linked_to(row, contract_id, asker), Key),
        "status": Filter(lambda row, asker, values: asker.among(row.status, values), Listed()),
        "owner_id": equal("owner_id"),
        "search": contains("name_folded", "number"),
        "overdue": switch(_overdue),
        "at_risk": switch(lambda row, asker: at_risk(row, asker.today, overdue_count(row, asker.today))),
        "archived": switch(lambda row, _asker: row.archived_at.is_not(None)),
    },
    orders={
        "number": Order(lambda row, _descending: row.number),
        "name": Order(lambda row, _descending: row.name_folded),
        "due_date": dated("due_date"),
        "progress_percent": Order(lambda row, _descending: row.progress_percent, Integer()),
        "updated_at": Order(lambda row, _descending: row.updated_at, Instant()),
    },
    visible=lambda row, asker: asker.member_of(row.id),
    seen_by=Asker.memberships,
)

PROJECT_MEMBER = Entity(
    "ProjectMember",
    ProjectMember,
    relations={"user": ToOne("User", {"id": "user_id"}), "project": ToOne("Project", {"id": "project_id"})},
    visible=lambda row, asker: asker.member_of(row.project_id),
)

MILESTONE = Entity(
    "Milestone",
    Milestone,
    facts={
        "overdue": lambda row, asker: milestone_overdue(row, asker.today),
        "progress_percent": _progress,
    },
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "tasks": ToMany("Task", "milestone_id"),
    },
    orders={"due_date": dated("due_date")},
    default_order=("due_date", False),
    visible=lambda row, asker: asker.member_of(row.project_id),
)
