"""What people did in the demo, as its timeline tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.activity import ActivityEvent, ActivityKind
from db.contracts import ContractLink
from db.exports.tables import ExportBatch
from db.projects.tables import Project
from db.tasks.tables import Task, TaskStatus
from db.tickets import TicketLink
from db.time_entries.tables import ApprovalStatus, TimeEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ground import Ground

SHOWN_PER_PROJECT = 6


def tell(ground: Ground) -> None:
    """Write down what happened, in the order in which it did."""
    projects = {project.id: project for project in ground.all(Project)}
    told = [*_planning(ground), *_linking(ground), *_time(ground)]
    for at, project_id, actor, said in sorted(told, key=lambda event: event[0]):
        ground.grow(
            ActivityEvent, at, at=at, project_id=project_id, client_id=projects[project_id].client_id, actor_id=actor,
            details={}, **({"task_id": None, "time_entry_id": None} | said),
        )  # fmt: skip


def _planning(ground: Ground) -> Iterator[tuple[Any, str, str, dict[str, Any]]]:
    tasks = ground.by_project(Task)
    for project in ground.all(Project):
        said = {"kind": ActivityKind.PROJECT_CREATED, "summary": f"Created {project.number} {project.name}"}
        yield project.created_at, project.id, project.owner_id, said
        done = [task for task in tasks[project.id] if task.status is TaskStatus.DONE]
        for task in done[-SHOWN_PER_PROJECT:]:
            said = {"kind": ActivityKind.TASK_UPDATED, "summary": f"Updated the task {task.name}", "task_id": task.id}
            yield ground.moment(task.due_date), project.id, task.assignee_id or project.owner_id, said
        if project.archived_at is not None:
            said = {"kind": ActivityKind.PROJECT_ARCHIVED, "summary": f"Archived {project.number} {project.name}"}
            yield project.archived_at, project.id, project.owner_id, said


def _linking(ground: Ground) -> Iterator[tuple[Any, str, str, dict[str, Any]]]:
    for link in ground.all(ContractLink):
        said = {"kind": ActivityKind.CONTRACT_LINKED, "summary": f"Linked contract {link.contract_number}"}
        yield link.linked_at, link.project_id, link.linked_by_id, said
    for link in ground.all(TicketLink):
        said = {"kind": ActivityKind.TICKET_LINKED, "summary": f"Linked ticket {link.ticket_number}"}
        yield link.linked_at, link.project_id, link.linked_by_id, said | {"task_id": link.task_id}


def _time(ground: Ground) -> Iterator[tuple[Any, str, str, dict[str, Any]]]:
    for project_id, entries in ground.by_project(TimeEntry).items():
        approved = [row for row in entries if row.approval_status is ApprovalStatus.APPROVED]
        for entry in approved[-SHOWN_PER_PROJECT:]:
            about = {"task_id": entry.task_id, "time_entry_id": entry.id}
            said = {"kind": ActivityKind.TIME_APPROVED, "summary": f"Approved {entry.hours:.2f} h"} | about
            yield entry.approved_at, project_id, entry.approved_by_id, said
    for batch in ground.all(ExportBatch):
        said = {"kind": ActivityKind.EXPORT_REQUESTED, "summary": f"Asked to export time to {batch.contract_number}"}
        yield batch.requested_at, batch.project_id, batch.requested_by_id, said
