"""Projects in every state of health, with their members, milestones and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from db.clients import Client
from db.milestones.tables import Milestone, MilestoneStatus
from db.organizations import Organization, Role, User
from db.projects.tables import Project, ProjectMember, ProjectStatus
from db.tasks.tables import Task, TaskDependency, TaskPriority, TaskStatus
from db.types import fold

from .names import INTERNAL, MILESTONES, PROJECTS, STAGES, TASK_TYPES, TASKS

if TYPE_CHECKING:
    from .ground import Ground, Row

PENDING, IN_PROGRESS, COMPLETED = MilestoneStatus
OPEN = (TaskStatus.TODO, TaskStatus.IN_PROGRESS, TaskStatus.IN_REVIEW, TaskStatus.BLOCKED)
UNTOUCHED = (TaskStatus.TODO, TaskStatus.BLOCKED)


@dataclass(frozen=True, slots=True)
class Health:
    """A state that projects can be in; days are counted from today, milestones as (due, status)."""

    name: str
    projects: int
    status: ProjectStatus
    start: int
    due: int
    done: float
    milestones: tuple[tuple[int, MilestoneStatus], ...]
    archived: bool = False


HEALTHS = (
    Health("healthy", 20, ProjectStatus.ACTIVE, -60, 45, 0.5, ((-30, COMPLETED), (14, IN_PROGRESS), (40, PENDING))),
    Health("overdue", 6, ProjectStatus.ACTIVE, -120, -6, 0.8, ((-60, COMPLETED), (9, PENDING))),
    Health("late_milestone", 6, ProjectStatus.ACTIVE, -80, 30, 0.4, ((-40, COMPLETED), (-5, IN_PROGRESS))),
    Health("stalled", 5, ProjectStatus.ACTIVE, -12, 60, 0, ((20, PENDING), (50, PENDING))),
    Health("stalled_and_late", 3, ProjectStatus.ACTIVE, -40, -2, 0, ((-8, PENDING), (10, PENDING))),
    Health("on_hold", 5, ProjectStatus.ON_HOLD, -90, 90, 0.3, ((-50, COMPLETED), (60, PENDING))),
    Health("planned", 5, ProjectStatus.PLANNING, 10, 100, 0, ((50, PENDING), (95, PENDING))),
    Health("completed", 6, ProjectStatus.COMPLETED, -200, -40, 1, ((-120, COMPLETED), (-45, COMPLETED))),
    Health("archived", 2, ProjectStatus.ACTIVE, -300, -150, 0.6, ((-200, COMPLETED), (-160, PENDING)), archived=True),
    Health("starts_today", 1, ProjectStatus.ACTIVE, 0, 80, 0, ((0, PENDING), (70, PENDING))),
    Health("due_today", 1, ProjectStatus.ACTIVE, -30, 0, 0.9, ((-10, COMPLETED), (0, IN_PROGRESS))),
)


def begin(ground: Ground, every: int = 1) -> dict[str, list[str]]:
    """Begin the projects, one in `every` of them; return the ids of each state, for guides and tests."""
    begun: dict[str, list[str]] = {}
    states = [health for health in HEALTHS for _ in range(health.projects)][::every]
    for number, health in enumerate(states, 1):
        begun.setdefault(health.name, []).append(_project(ground, number, health)["id"])
    ground.all(Organization)[0]["last_project_number"] = len(states)
    return begun


def _project(ground: Ground, number: int, health: Health) -> Row:
    chance, clients = ground.chance, ground.all(Client)
    internal = number % 15 == 0
    name = (INTERNAL if internal else "") + PROJECTS[number % len(PROJECTS)]
    leaders = [user for user in ground.all(User) if user["role"] in (Role.OWNER, Role.MANAGER)]
    created = ground.moment(min(ground.day(health.start - 7), ground.today))
    done = round(health.done * len(TASKS))
    project = ground.grow(
        Project, created, number=f"{ground.all(Organization)[0]['project_number_prefix']}-{number:06}",
        name=name, name_folded=fold(name), description=f"{name}, planned with the client.", engine="MSP",
        owner_id=leaders[number % len(leaders)]["id"], status=health.status,
        client_id=None if internal else clients[number % len(clients)]["id"],
        start_date=ground.day(health.start), due_date=ground.day(health.due),
        completed_at=ground.moment(ground.day(health.due)) if health.status is ProjectStatus.COMPLETED else None,
        archived_at=ground.moment(ground.day(health.due + 10)) if health.archived else None,
        progress_percent=100 * done // len(TASKS), created_at=created, updated_at=created,
        budget=Decimal(chance.randrange(20, 120)) * 100 if number % 4 else None,
        billing_rate=Decimal(chance.randrange(16, 26)) * 5, tags=[TASK_TYPES[number % 5].lower()], custom_fields={},
    )  # fmt: skip
    members = _members(ground, project)
    milestones = _milestones(ground, project, health)
    _tasks(ground, project, milestones, members, done)
    return project


def _members(ground: Ground, project: Row) -> list[str]:
    people = {role: [user["id"] for user in ground.all(User) if user["role"] is role] for role in Role}
    technicians = ground.chance.sample(people[Role.MEMBER], min(3, len(people[Role.MEMBER])))
    roles = dict.fromkeys(people[Role.VIEWER] if ground.chance.random() < 1 / 3 else [], Role.VIEWER)
    roles |= dict.fromkeys(technicians, Role.MEMBER) | {project["owner_id"]: Role.OWNER}
    for user_id, role in roles.items():
        at = project["created_at"]
        ground.grow(ProjectMember, at, project_id=project["id"], user_id=user_id, role=role, added_at=at)
    return technicians


def _milestones(ground: Ground, project: Row, health: Health) -> list[Row]:
    return [
        ground.grow(
            Milestone, project["created_at"], project_id=project["id"], name=name, due_date=ground.day(due),
            status=status, completed_at=ground.moment(ground.day(due)) if status is COMPLETED else None,
            deliverables=None, visible_to_client=True,
        )
        for name, (due, status) in zip(MILESTONES, health.milestones, strict=False)
    ]  # fmt: skip


def _tasks(ground: Ground, project: Row, milestones: list[Row], members: list[str], done: int) -> None:
    chance, before = ground.chance, None
    for place, name in enumerate(TASKS):
        milestone = milestones[place * len(milestones) // len(TASKS)]
        status = TaskStatus.DONE if place < done else chance.choice(OPEN if done else UNTOUCHED)
        created = project["created_at"]
        task = ground.grow(
            Task, created, project_id=project["id"], milestone_id=milestone["id"], name=name, name_folded=fold(name),
            description=None, assignee_id=chance.choice([*members, None]), reporter_id=project["owner_id"],
            due_date=ground.between(project["start_date"], milestone["due_date"]), status=status,
            priority=chance.choice(list(TaskPriority)), stage=STAGES[place * len(STAGES) // len(TASKS)],
            task_type=chance.choice(TASK_TYPES), estimated_hours=Decimal(chance.randrange(2, 33)) / 2,
            story_points=None, created_at=created, updated_at=created,
        )  # fmt: skip
        if before is not None and before["milestone_id"] == milestone["id"] and chance.random() < 1 / 2:
            ground.grow(TaskDependency, created, task_id=task["id"], depends_on_id=before["id"])
        before = task
