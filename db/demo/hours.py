"""Time entries of every kind: pending, approved, rejected, not billable, of zero hours, mirrored from the PSA."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db.organizations import Role, User
from db.projects.tables import Project, ProjectMember, ProjectStatus
from db.tasks.tables import Task
from db.time_entries.tables import ApprovalStatus, TimeEntry, TimeSource

from .names import NOTES, REJECTIONS

if TYPE_CHECKING:
    from .ground import Ground, Row

FEW = 5  # entries of a project in which nothing was done yet
APPROVED: dict[str, Any] = {"approval_status": ApprovalStatus.APPROVED}
KINDS: tuple[tuple[float, dict[str, Any]], ...] = (
    (0.60, APPROVED),
    (0.76, {"approval_status": ApprovalStatus.PENDING}),
    (0.81, {"approval_status": ApprovalStatus.REJECTED}),
    (0.90, APPROVED | {"billable": False}),
    (0.93, APPROVED | {"hours": Decimal(0)}),
    (1.00, APPROVED | {"source": TimeSource.PSA}),
)


def log(ground: Ground, entries: int) -> None:
    """Log so many entries, most of them where work goes on."""
    begun = [project for project in ground.all(Project) if project["status"] is not ProjectStatus.PLANNING]
    idle = [project for project in begun if project["progress_percent"] == 0]
    busy = [project for project in begun if project["progress_percent"] > 0]
    share, rest = divmod(entries - FEW * len(idle), len(busy))
    counts = [(project, FEW) for project in idle]
    counts += [(project, share + (number < rest)) for number, project in enumerate(busy)]
    rates = {user["id"]: user["billing_rate"] for user in ground.all(User)}
    tasks, people = ground.by_project(Task), ground.by_project(ProjectMember)
    for project, count in counts:
        workers = [member["user_id"] for member in people[project["id"]] if member["role"] is not Role.VIEWER]
        for _ in range(count):
            _entry(ground, project, ground.chance.choice(tasks[project["id"]]), ground.chance.choice(workers), rates)


def _entry(ground: Ground, project: Row, task: Row, worker: str, rates: dict[str, Decimal | None]) -> None:
    chance = ground.chance
    over = ground.today if project["archived_at"] is None and project["completed_at"] is None else project["due_date"]
    day = ground.between(project["start_date"], min(over, ground.today))
    created, roll = ground.moment(day), chance.random()
    kind = {"hours": Decimal(chance.randrange(1, 33)) / 4, "billable": True, "source": TimeSource.PROJECTS}
    kind |= next(facts for limit, facts in KINDS if roll < limit)
    decided = kind["approval_status"] is not ApprovalStatus.PENDING
    rejected = kind["approval_status"] is ApprovalStatus.REJECTED
    rate = rates[worker]
    ground.grow(
        TimeEntry, created, project_id=project["id"], task_id=task["id"], milestone_id=task["milestone_id"],
        user_id=worker, date=day, description=f"{chance.choice(NOTES)}: {task['name'].lower()}", revision=1,
        billing_rate=project["billing_rate"] if rate is None else rate, created_at=created, updated_at=created,
        approved_by_id=project["owner_id"] if decided else None,
        approved_at=min(created + timedelta(days=1), ground.now) if decided else None,
        rejection_reason=chance.choice(REJECTIONS) if rejected else None, **kind,
    )  # fmt: skip
