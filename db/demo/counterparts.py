"""What the sandbox PSA is seeded with, so that every link and every exported hour of the demo has its counterpart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.clients import Client
from db.organizations import User

from .links import FIRST_TICKET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .planting import DemoFacts


def sandbox_seed(facts: DemoFacts) -> dict[str, Any]:
    """Return the body of the sandbox's POST /sandbox/seed for one organisation, in the PSA's own words."""
    remote, ground = facts.remote, facts.ground
    tickets = [(client, ticket) for client, of_client in remote.tickets.items() for ticket in of_client]
    return {
        "tenant": {
            "id": facts.org_id, "key": facts.integration_key, "prefix": remote.prefix,
            "lastTicket": FIRST_TICKET + len(tickets) - 1,
            "users": [{"id": user.id, "email": user.email} for user in ground.all(User)],
        },
        "clients": [{"id": client.id, "name": client.name} for client in ground.all(Client)],
        "contracts": [_contract(each) for of_client in remote.contracts.values() for each in of_client],
        "tickets": [_ticket(client, ticket) for client, ticket in tickets],
        "timeEntries": [_time(entry) for entry in remote.time_entries],
    }  # fmt: skip


def _contract(contract: Mapping[str, Any]) -> dict[str, Any]:
    end = contract["end_date"]
    return {
        "id": contract["psa_contract_id"], "number": contract["contract_number"], "name": contract["contract_name"],
        "type": contract["contract_type"].lower(), "status": contract["status_at_link"].lower(),
        "clientId": contract["psa_client_id"], "startDate": contract["start_date"].isoformat(),
        "endDate": end and end.isoformat(), "autoRenew": end is None,
        "billingFrequency": contract["billing_frequency"].lower(),
    }  # fmt: skip


def _ticket(client_id: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": ticket["psa_ticket_id"], "number": ticket["ticket_number"], "title": ticket["ticket_title"],
        "status": ticket["ticket_status_at_link"].lower(), "priority": ticket["ticket_priority_at_link"].lower(),
        "clientId": client_id,
    }  # fmt: skip


def _time(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": entry["id"], "externalRef": entry["external_ref"], "contractId": entry["contract_id"],
        "ticketId": entry["ticket_id"], "userId": entry["user_id"], "userEmail": entry["user_email"],
        "date": entry["date"], "hours": entry["hours"], "rate": entry["rate"], "amount": entry["amount"],
        "note": entry["note"], "projectNumber": entry["project_number"], "billable": True, "invoiced": False,
    }  # fmt: skip
