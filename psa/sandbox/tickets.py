"""Tickets of the sandbox, numbered by the tenant's prefix and a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import demands
from .calls import new_id
from .lists import batch, one, page

if TYPE_CHECKING:
    from .calls import Answer, Call

PRIORITIES = ("critical", "high", "medium", "low")


def list_tickets(call: Call) -> Answer:
    """GET /api/tickets."""
    return 200, page(call, "ticket", filters=("clientId", "externalRef"), searched=("number", "title"))


def one_ticket(call: Call) -> Answer:
    """GET /api/tickets/{id}."""
    return 200, one(call, "ticket")


def batch_tickets(call: Call) -> Answer:
    """POST /api/tickets/batch."""
    return 200, batch(call, "ticket")


def open_ticket(call: Call) -> Answer:
    """POST /api/tickets."""
    client = demands.known_if_named(call, "client", "clientId")
    last = call.tenant["lastTicket"] + 1
    ticket = {
        "id": new_id("ticket"),
        "number": f"{call.tenant['prefix']}-{last}",
        "title": demands.text(call, "title", longest=500),
        "description": demands.text(call, "description", longest=100_000),
        "priority": demands.word(call, "priority", PRIORITIES),
        "status": "new",
        "clientId": client["id"],
        "clientName": client["name"],
        "contractId": demands.known_if_named(call, "contract", "contractId")["id"],
        "externalRef": call.body.get("externalRef"),
        "source": call.body.get("source"),
    }
    demands.no_twin(call, "ticket")
    with call.store.unit():
        call.store.save_tenant(call.tenant | {"lastTicket": last})
        call.store.put(call.tenant_id, "ticket", ticket, call.now)
        call.commit(ticket["id"])
    return 201, ticket
