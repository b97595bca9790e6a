"""What is given before a test acts: rows with boring defaults, stored in one unit through the ORM."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db.base import new_id
from db.clients import Client
from db.contracts import ContractFacts, ContractLink, ContractType
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.milestones.tables import Milestone
from db.organizations import Organization, Role, User
from db.projects.tables import Project, ProjectMember, ProjectStatus
from db.tasks.tables import Task, TaskDependency
from db.tickets import LinkOrigin, TicketFacts, TicketLink
from db.time_entries.tables import ApprovalStatus, TimeEntry
from db.types import fold
from db.viewers import CallerKind, Viewer

if TYPE_CHECKING:
    from db.base import Base
    from db.session import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
_numbers = itertools.count(1)


async def stored(database: Database, *rows: Base) -> None:
    """Store rows in the order given, so that what is pointed to stands before what points."""
    async with database.write(None) as session:
        for row in rows:
            session.add(row)
            await session.flush()


@dataclass(frozen=True, slots=True)
class Workplace:
    """An organisation with a person of every role, all members of one project of one client."""

    organization: Organization
    users: dict[Role, User]
    client: Client
    project: Project

    @property
    def org(self) -> str:
        return self.organization.org_id

    def viewer(self, role: Role = Role.OWNER) -> Viewer:
        return viewer(self.organization, self.users[role])


async def workplace(database: Database, **facts: Any) -> Workplace:
    """Store a workplace; `facts` are the project's. The owner owns the project; the admin is no member of it."""
    org = organization()
    users = {role: user(org, role=role) for role in Role}
    payer = client(org)
    work = project(org, users[Role.OWNER], **({"client_id": payer.id} | facts))
    members = [member(work, users[role], role) for role in Role if role is not Role.ADMIN]
    await stored(database, org, *users.values(), payer, work, *members)
    return Workplace(org, users, payer, work)


def organization(**facts: Any) -> Organization:
    return Organization(**({"org_id": f"org_{next(_numbers)}", "name": "Northwind IT", "engine": "MSP"} | facts))


def user(org: Organization, **facts: Any) -> User:
    number = next(_numbers)
    boring = {"id": f"usr_{number}", "name": f"Robin {number}", "email": f"robin{number}@example.com"}
    return User(**({"org_id": org.org_id, "role": Role.MEMBER} | boring | facts))


def client(org: Organization, **facts: Any) -> Client:
    named = {"id": f"cl_{next(_numbers)}", "name": "Acme"} | facts
    return Client(org_id=org.org_id, name_folded=fold(named["name"]), **named)


def project(org: Organization, owner: User, **facts: Any) -> Project:
    boring = {
        "id": new_id(Project.PREFIX), "number": f"PRJ-{next(_numbers):06}", "name": "Office move", "engine": "MSP",
        "owner_id": owner.id, "status": ProjectStatus.ACTIVE, "created_at": NOW, "updated_at": NOW,
    } | facts  # fmt: skip
    return Project(org_id=org.org_id, name_folded=fold(boring["name"]), **boring)


def member(of: Project, person: User, role: Role = Role.MEMBER) -> ProjectMember:
    return ProjectMember(
        org_id=of.org_id, id=new_id(ProjectMember.PREFIX), project_id=of.id, user_id=person.id, role=role, added_at=NOW
    )


def milestone(of: Project, **facts: Any) -> Milestone:
    return Milestone(
        **({"org_id": of.org_id, "id": new_id(Milestone.PREFIX), "project_id": of.id, "name": "Go live"} | facts)
    )


def task(of: Project, **facts: Any) -> Task:
    boring = {"id": new_id(Task.PREFIX), "name": "Pull cables", "created_at": NOW, "updated_at": NOW} | facts
    return Task(org_id=of.org_id, project_id=of.id, name_folded=fold(boring["name"]), **boring)


def dependency(waiting: Task, on: Task) -> TaskDependency:
    return TaskDependency(
        org_id=waiting.org_id, id=new_id(TaskDependency.PREFIX), task_id=waiting.id, depends_on_id=on.id
    )


def time_entry(of: Project, person: User, **facts: Any) -> TimeEntry:
    boring = {
        "id": new_id(TimeEntry.PREFIX), "user_id": person.id, "hours": Decimal("1.50"), "date": TODAY,
        "description": "On site", "billing_rate": Decimal("120.00"), "approval_status": ApprovalStatus.APPROVED,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return TimeEntry(**({"org_id": of.org_id, "project_id": of.id} | boring | facts))


def export_op(of: TimeEntry, state: OpState, **facts: Any) -> OutboundOp:
    boring = {
        "id": new_id(OutboundOp.PREFIX), "kind": OpKind.TIME, "subject_id": of.id, "revision": of.revision or 1,
        "external_ref": f"projects:{of.org_id}:{of.id}:1", "idempotency_key": "key", "payload": {},
        "payload_sha256": "hash", "order_key": of.id, "state": state, "not_before": NOW, "created_at": NOW,
    }  # fmt: skip
    return OutboundOp(**({"org_id": of.org_id} | boring | facts))


def contract_link(of: Project, by: User, **facts: Any) -> ContractLink:
    boring = {"id": new_id(ContractLink.PREFIX), "linked_by_id": by.id, "linked_at": NOW, "snapshot_at": NOW}
    said = contract(psa_client_id=of.client_id or "cl_0")
    snapshot = {field: getattr(said, field) for field in ContractFacts.__dataclass_fields__}
    return ContractLink(**({"org_id": of.org_id, "project_id": of.id} | boring | snapshot | facts))


def ticket_link(of: Task, by: User, **facts: Any) -> TicketLink:
    boring = {"id": new_id(TicketLink.PREFIX), "origin": LinkOrigin.LINKED, "linked_by_id": by.id, "linked_at": NOW}
    said = ticket()
    snapshot = {field: getattr(said, field) for field in TicketFacts.__dataclass_fields__}
    return TicketLink(
        **({"org_id": of.org_id, "task_id": of.id, "project_id": of.project_id} | boring | snapshot | facts)
    )


def contract(**facts: Any) -> ContractFacts:
    """A contract as the PSA shows it."""
    number = next(_numbers)
    boring = {
        "psa_contract_id": f"ctr_{number}", "contract_number": f"C-{number:04}", "contract_name": "Managed services",
        "contract_type": ContractType.MANAGED_SERVICES, "psa_client_id": "cl_0", "psa_client_name": "Acme",
        "start_date": date(2025, 1, 1), "end_date": None, "billing_frequency": None, "status_at_link": "ACTIVE",
    }  # fmt: skip
    return ContractFacts(**(boring | facts))


def ticket(**facts: Any) -> TicketFacts:
    """A ticket as the PSA shows it."""
    number = next(_numbers)
    boring = {
        "psa_ticket_id": f"tkt_{number}", "ticket_number": f"ABC-{number}", "ticket_title": "Printer on fire",
        "ticket_status_at_link": "NEW", "ticket_priority_at_link": "HIGH", "ticket_url": f"https://psa.test/{number}",
    }  # fmt: skip
    return TicketFacts(**(boring | facts))


def viewer(org: Organization, person: User) -> Viewer:
    """The person as a caller with a session."""
    return Viewer(
        kind=CallerKind.SESSION, org_id=org.org_id, user_id=person.id, name=person.name, email=person.email,
        role=person.role, timezone=org.timezone or "UTC", currency=org.currency or "USD",
        time_approval_required=org.time_approval_required is not False,
        sees_all=person.role in (Role.OWNER, Role.ADMIN),
    )  # fmt: skip


def integration(org: Organization) -> Viewer:
    """Another product that holds the organisation's integration key."""
    return Viewer(
        kind=CallerKind.INTEGRATION, org_id=org.org_id, user_id=None, name="The One PSA", email=None, role=None,
        timezone="UTC", currency="USD", time_approval_required=True, sees_all=True,
    )  # fmt: skip
