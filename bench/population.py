"""The rows that are measured on: one organisation at work, grown from one seed, and a small neighbour beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from db.clients import Client
from db.contracts import BillingFrequency, ContractLink, ContractType
from db.demo.ground import Ground
from db.milestones.tables import Milestone, MilestoneStatus
from db.organizations import Organization, Role, User
from db.projects.tables import Project, ProjectMember, ProjectStatus
from db.tasks.tables import Task, TaskPriority, TaskStatus
from db.tickets import LinkOrigin, TicketLink
from db.time_entries.tables import ApprovalStatus, TimeEntry
from db.types import fold

if TYPE_CHECKING:
    from db.demo.ground import Row

SEED = 20261123
ORG, NEIGHBOUR = "org_bench", "org_neighbour"
OWNER, MEMBER = "usr_owner", "usr_member"
WHOLE, TASKS, MILESTONES, ENTRIES, BUSIEST = 1_000, 20, 5, 40_000, 10_000
CLIENTS, CONTRACTS, SERVED, LINKED, TICKETS = 120, 400, 0.9, 0.8, 0.3
PEOPLE = 10
STATES = (ProjectStatus.ACTIVE,) * 5 + (ProjectStatus.PLANNING, ProjectStatus.ON_HOLD, ProjectStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Population:
    """What was grown: the rows by table, of the organisation that is asked about and of its neighbour."""

    ground: Ground
    neighbour: Ground

    @property
    def projects(self) -> list[str]:
        """Return the ids of the projects that have tasks, in the order of their birth."""
        return [row["id"] for row in self.ground.all(Project)[:WHOLE]]

    @property
    def clients(self) -> list[Row]:
        """Return the clients of those projects, in the order of their names."""
        return sorted(self.ground.all(Client)[:CLIENTS], key=lambda row: (row["name_folded"], row["id"]))

    @property
    def contracts(self) -> list[str]:
        """Return the PSA's ids of the contracts that those projects are linked to."""
        return [f"psa_contract_{number:04}" for number in range(CONTRACTS)]


def grow(projects: int = WHOLE) -> Population:
    """Grow an organisation of so many projects.

    Only the first 1,000 have tasks, milestones and time: those of a larger one stand around what is asked about.
    """
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    grounds = [Ground(org, now.date(), now, Random(f"{SEED}{org}")) for org in (ORG, NEIGHBOUR)]  # noqa: S311 - must repeat
    for ground, size in zip(grounds, (projects, 100), strict=True):
        _settle(ground, clients=max(CLIENTS, CLIENTS * size // WHOLE))
        for number in range(size):
            _begin(ground, number, whole=number < WHOLE)
        _log(ground)
    return Population(*grounds)


def _settle(ground: Ground, clients: int) -> None:
    ground.add(Organization, name=ground.org_id, engine="MSP", project_number_prefix="PRJ", last_project_number=0,
               timezone="UTC", currency="USD", time_approval_required=True)  # fmt: skip
    known = [(OWNER, Role.OWNER), (MEMBER, Role.MEMBER), *((f"usr_{n}", Role.MEMBER) for n in range(PEOPLE))]
    for user_id, role in known:
        ground.add(User, id=user_id, name=user_id, email=f"{user_id}@example.test", role=role, billing_rate=None)
    for number in range(clients):
        name = f"Client {number:05} of the house"
        ground.add(Client, id=f"psa_client_{number:05}", name=name, name_folded=fold(name))


def _begin(ground: Ground, number: int, *, whole: bool) -> None:
    chance, clients = ground.chance, ground.all(Client)
    # Those of a larger organisation have clients of their own, behind the ones that are asked about.
    client = clients[number % CLIENTS] if whole else clients[CLIENTS + number % (len(clients) - CLIENTS)]
    born = ground.now - timedelta(days=400) + timedelta(minutes=number)
    name, status = f"Project {number:06}: moving the office", chance.choice(STATES)
    project = ground.grow(
        Project, born, number=f"PRJ-{number:06}", name=name, name_folded=fold(name),
        description=f"{name}, as agreed.", engine="MSP", owner_id=OWNER, client_id=client["id"] if chance.random() < SERVED else None,
        status=status, start_date=ground.day(chance.randrange(-90, 20)), due_date=ground.day(chance.randrange(-20, 200)),
        completed_at=born if status is ProjectStatus.COMPLETED else None,
        archived_at=born if number % 50 == 49 else None, progress_percent=chance.choice((0, *range(0, 101, 5))),
        budget=Decimal(20_000), billing_rate=Decimal(120), tags=[], custom_fields={}, created_at=born, updated_at=born,
    )  # fmt: skip
    # The member belongs to every project, so that both askers get the same answers; others fill the table.
    for user_id in (MEMBER, f"usr_{number % PEOPLE}", f"usr_{(number + 3) % PEOPLE}"):
        ground.grow(
            ProjectMember, born, project_id=project["id"], user_id=user_id, role=Role.MEMBER, added_at=born
        )  # fmt: skip
    if chance.random() < LINKED:
        _link(ground, project, client, f"psa_contract_{number % CONTRACTS if whole else number:04}")
    if whole:
        _plan(ground, project)


def _link(ground: Ground, project: Row, client: Row, contract: str) -> None:
    ground.grow(
        ContractLink, project["created_at"], project_id=project["id"], psa_contract_id=contract,
        contract_number=contract.replace("psa_contract_", "C-"), contract_name=f"Care for {client['name']}",
        contract_type=ContractType.MANAGED_SERVICES, psa_client_id=client["id"], psa_client_name=client["name"],
        start_date=None, end_date=None, billing_frequency=BillingFrequency.MONTHLY, status_at_link="ACTIVE",
        snapshot_at=project["created_at"], linked_by_id=OWNER, linked_at=project["created_at"],
        unlinked_by_id=None, unlinked_at=None,
    )  # fmt: skip


def _plan(ground: Ground, project: Row) -> None:
    chance, born = ground.chance, project["created_at"]
    for place in range(MILESTONES):
        ground.grow(
            Milestone, born, project_id=project["id"], name=f"Milestone {place}", deliverables=None, completed_at=None,
            due_date=ground.day(chance.randrange(-30, 200)) if place else None, visible_to_client=True,
            status=chance.choice(list(MilestoneStatus)),
        )  # fmt: skip
    for place in range(TASKS):
        name = f"Task {place}: call the client about the move"
        task = ground.grow(
            Task, born, project_id=project["id"], milestone_id=None, name=name, name_folded=fold(name), description=None,
            assignee_id=f"usr_{place % PEOPLE}", reporter_id=OWNER, priority=chance.choice(list(TaskPriority)),
            due_date=ground.day(chance.randrange(-30, 200)) if chance.random() < 0.7 else None,
            status=chance.choice(list(TaskStatus)), stage=None, task_type=None, estimated_hours=Decimal(4),
            story_points=None, created_at=born, updated_at=born,
        )  # fmt: skip
        if chance.random() < TICKETS:
            _attach(ground, task)


def _attach(ground: Ground, task: Row) -> None:
    number = chance = ground.chance.randrange(1_000_000)
    ground.grow(
        TicketLink, task["created_at"], task_id=task["id"], project_id=task["project_id"], newest=True,
        psa_ticket_id=f"psa_ticket_{chance:06}", ticket_number=f"T-{number:06}", ticket_title=f"Printer {number} jams",
        ticket_status_at_link="IN_PROGRESS", ticket_priority_at_link="HIGH",
        ticket_url=f"https://psa.example.test/tickets/{number:06}", origin=LinkOrigin.LINKED, linked_by_id=OWNER,
        linked_at=task["created_at"], unlinked_by_id=None, unlinked_at=None,
    )  # fmt: skip


def _log(ground: Ground) -> None:
    chance, tasks = ground.chance, ground.all(Task)
    entries = ENTRIES * len(tasks) // (WHOLE * TASKS)
    for number in range(entries):
        task = tasks[number % TASKS] if number < BUSIEST * entries // ENTRIES else chance.choice(tasks)
        ground.grow(
            TimeEntry, task["created_at"], project_id=task["project_id"], task_id=task["id"], milestone_id=None,
            user_id=f"usr_{number % PEOPLE}", hours=Decimal(chance.randrange(1, 32)) / 4, description="Worked on it",
            date=ground.day(-chance.randrange(1, 300)), billable=True, billing_rate=Decimal(120),
            approval_status=ApprovalStatus.APPROVED, approved_by_id=OWNER, approved_at=task["created_at"],
            rejection_reason=None, source="PROJECTS", revision=1, created_at=task["created_at"],
            updated_at=task["created_at"],
        )  # fmt: skip
