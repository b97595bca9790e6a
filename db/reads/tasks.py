"""Reading tasks, what they wait for, and their escalations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from db.askers import Asker, Listed, within
from db.escalations.tables import Escalation
from db.ledger.tables import OpKind
from db.relations import Entity, Filter, Order, Through, ToMany, ToOne, equal
from db.tasks.tables import Task, TaskDependency
from db.tickets import TicketLink
from db.types import Instant

from .folding import contains, dated, switch
from .links import active

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def _linked(row: Any, asker: Asker) -> ColumnElement[bool]:
    link = aliased(TicketLink)
    return select(link.id).where(within(asker, link, link.task_id == row.id, link.newest)).exists()


TASK = Entity(
    "Task",
    Task,
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "milestone": ToOne("Milestone", {"id": "milestone_id"}),
        "assignee": ToOne("User", {"id": "assignee_id"}),
        "reporter": ToOne("User", {"id": "reporter_id"}),
        "ticket_link": ToOne("TicketLink", {"task_id": "id"}, lambda link, _asker: link.newest),
        "ticket_links": ToMany("TicketLink", "task_id", where=active, order="id", descending=True),
        "depends_on": ToMany("Task", "id", through=Through(TaskDependency, "task_id", "depends_on_id")),
        "time_entries": ToMany("TimeEntry", "task_id", order="date", descending=True),
        "escalations": ToMany("Escalation", "task_id", order="id", descending=True),
    },
    filters={
        "project_id": equal("project_id"),
        "milestone_id": equal("milestone_id"),
        "assignee_id": equal("assignee_id"),
        "status": Filter(lambda row, asker, values: asker.among(row.status, values), Listed()),
        "linked_to_ticket": switch(_linked),
        "search": contains("name_folded"),
    },
    orders={
        "name": Order(lambda row, _descending: row.name_folded),
        "due_date": dated("due_date"),
        "updated_at": Order(lambda row, _descending: row.updated_at, Instant()),
    },
    visible=lambda row, asker: asker.member_of(row.project_id),
)


ESCALATION = Entity(
    "Escalation",
    Escalation,
    facts={"state": "op.escalation_state", "error_code": "op.shown_code", "error_message": "op.shown_message"},
    relations={
        "task": ToOne("Task", {"id": "task_id"}),
        "requested_by": ToOne("User", {"id": "requested_by_id"}),
        "ticket_link": ToOne("TicketLink", {"id": "ticket_link_id"}),
        "op": ToOne("OutboundOp", {"subject_id": "id"}, lambda op, _asker: (op.kind == OpKind.TICKET) & op.newest),
    },
    visible=lambda row, asker: asker.member_of(row.project_id),
)
