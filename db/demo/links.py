"""What the PSA has beside the demo's projects, and how they are linked to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from db.clients import Client
from db.contracts import BillingFrequency, ContractLink, ContractType
from db.projects.tables import Project
from db.tasks.tables import Task
from db.tickets import LinkOrigin, TicketLink, TicketPriority, TicketStatus

from .names import CONTRACTS, TICKETS

if TYPE_CHECKING:
    from .ground import Ground, Row

TICKETS_URL = "https://app.theonepsa.com/tickets/"
FIRST_TICKET = 1001
STATUSES = [status for status in TicketStatus if status is not TicketStatus.UNKNOWN]


@dataclass(slots=True)
class Remote:
    """What the PSA knows: contracts by client, tickets by client, and the time that was exported to it."""

    prefix: str
    contracts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tickets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    time_entries: list[dict[str, Any]] = field(default_factory=list)


def open_accounts(ground: Ground, remote: Remote, contracts: int, tickets: int) -> None:
    """Give the clients contracts, one in ten of them expired, and tickets."""
    clients, chance = ground.all(Client), ground.chance
    for number in range(contracts):
        client, expired = clients[number % len(clients)], number % 10 == 9  # noqa: PLR2004 - one in ten
        remote.contracts.setdefault(client["id"], []).append({
            "psa_contract_id": f"contract-{number + 1:03}", "contract_number": f"C-{number + 1001}",
            "contract_name": f"{CONTRACTS[number % len(CONTRACTS)]}, {client['name']}",
            "contract_type": list(ContractType)[number % len(CONTRACTS)], "psa_client_id": client["id"],
            "psa_client_name": client["name"], "start_date": ground.day(-400 - number),
            "end_date": ground.day(-15) if expired else ground.day(200 + number) if number % 3 else None,
            "billing_frequency": list(BillingFrequency)[number % len(BillingFrequency)],
            "status_at_link": "EXPIRED" if expired else "ACTIVE",
        })  # fmt: skip
    for number in range(tickets):
        client = clients[number % len(clients)]
        remote.tickets.setdefault(client["id"], []).append({
            "psa_ticket_id": f"ticket-{number + 1:04}", "ticket_number": f"{remote.prefix}-{FIRST_TICKET + number}",
            "ticket_title": TICKETS[number % len(TICKETS)], "ticket_status_at_link": chance.choice(STATUSES).value,
            "ticket_priority_at_link": chance.choice(list(TicketPriority)).value,
            "ticket_url": f"{TICKETS_URL}ticket-{number + 1:04}",
        })  # fmt: skip


def link(ground: Ground, remote: Remote) -> None:
    """Link most projects to a contract of their client, some after another one, and tasks to tickets."""
    client_of = {project["id"]: project["client_id"] for project in ground.all(Project)}
    for number, project in enumerate(ground.all(Project)):
        contracts = remote.contracts.get(project["client_id"], [])
        if contracts and number % 7:
            if number % 11 == 0:
                _contract(ground, project, contracts[-1], 30, unlinked_after=20)
            _contract(ground, project, contracts[number % len(contracts)], 60)
    for task in ground.all(Task):
        tickets = remote.tickets.get(client_of[task["project_id"]], [])
        if tickets and ground.chance.random() < 1 / 6:
            _tickets(ground, task, ground.chance.sample(tickets, ground.chance.choice((1, 1, 1, 2))))


def _contract(
    ground: Ground, project: Row, contract: dict[str, Any], after: int, unlinked_after: int | None = None
) -> None:
    at = project["created_at"] + timedelta(minutes=after)
    end = None if unlinked_after is None else at + timedelta(minutes=unlinked_after)
    ground.grow(
        ContractLink, at, project_id=project["id"], **contract, snapshot_at=at, linked_at=at,
        linked_by_id=project["owner_id"], unlinked_at=end, unlinked_by_id=project["owner_id"] if end else None,
    )  # fmt: skip


def _tickets(ground: Ground, task: Row, tickets: list[dict[str, Any]]) -> None:
    unlinked = ground.chance.random() < 1 / 10
    for number, ticket in enumerate(tickets, 1):
        at = min(task["created_at"] + timedelta(hours=number), ground.now)
        ground.grow(
            TicketLink, at, task_id=task["id"], project_id=task["project_id"], origin=LinkOrigin.LINKED, **ticket,
            newest=number == len(tickets) and not unlinked, linked_by_id=task["reporter_id"], linked_at=at,
            unlinked_at=at if unlinked else None, unlinked_by_id=task["reporter_id"] if unlinked else None,
        )  # fmt: skip
