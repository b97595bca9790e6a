"""What is asked of The One PSA: arguments in our words become requests on its wire (docs/psa-wire.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from psa.errors import PsaNotFound
from psa.wire import Request

from .words import PRIORITY_ON_THE_WIRE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from psa.port import NewTicket, NewTime

CLIENTS = "/api/clients"
CONTRACTS = "/api/contracts"
TICKETS = "/api/tickets"
TIME_ENTRIES = "/api/time-entries"
WHOLE_PAGE = 100


def key_headers(tenant_id: str, integration_key: str) -> dict[str, str]:
    """Give the headers that say who asks; they go on every request."""
    return {"X-Tenant-Id": tenant_id, "X-Integration-Key": integration_key}


def ask_clients(search: str | None, first: int, after: str | None) -> Request:
    """Ask for a page of clients whose name holds the search."""
    return Request("GET", CLIENTS, _query(search=search, limit=first, cursor=after))


def ask_client(client_id: str) -> Request:
    """Ask for one client."""
    return Request("GET", _one(CLIENTS, client_id))


def ask_contracts(search: str | None, client_id: str | None, first: int, after: str | None) -> Request:
    """Ask for a page of contracts whose number or name holds the search."""
    return Request("GET", CONTRACTS, _query(search=search, clientId=client_id, limit=first, cursor=after))


def ask_contract(contract_id: str) -> Request:
    """Ask for one contract."""
    return Request("GET", _one(CONTRACTS, contract_id))


def ask_contract_batch(ids: Sequence[str]) -> Request:
    """Ask for up to 100 contracts at once."""
    return Request("POST", f"{CONTRACTS}/batch", body={"ids": list(ids)})


def ask_tickets(search: str, client_id: str | None, first: int, after: str | None) -> Request:
    """Ask for a page of tickets whose number or title holds the search, the exact number first."""
    return Request("GET", TICKETS, _query(search=search, clientId=client_id, limit=first, cursor=after))


def ask_ticket(ticket_id: str) -> Request:
    """Ask for one ticket."""
    return Request("GET", _one(TICKETS, ticket_id))


def ask_ticket_batch(ids: Sequence[str]) -> Request:
    """Ask for up to 100 tickets at once."""
    return Request("POST", f"{TICKETS}/batch", body={"ids": list(ids)})


def ask_tickets_by_ref(external_ref: str, after: str | None) -> Request:
    """Ask for the tickets that carry our reference."""
    return Request("GET", TICKETS, _query(externalRef=external_ref, limit=WHOLE_PAGE, cursor=after), for_export=True)


def ask_open_ticket(ticket: NewTicket, idempotency_key: str) -> Request:
    """Ask for a new ticket that points back at its task; our subject is the wire's title."""
    body = {
        "externalRef": ticket.external_ref,
        "title": ticket.subject,
        "description": ticket.description,
        "priority": PRIORITY_ON_THE_WIRE[ticket.priority],
        "clientId": ticket.client_id,
        "contractId": ticket.contract_id,
        "source": {"projectNumber": ticket.project_number, "taskId": ticket.task_id, "url": ticket.task_url},
    }
    return Request("POST", TICKETS, headers={"Idempotency-Key": idempotency_key}, body=body, is_read=False)


def ask_time_by_ref(external_ref: str, after: str | None) -> Request:
    """Ask for the time entries that carry our reference, on whatever contract."""
    query = _query(externalRef=external_ref, limit=WHOLE_PAGE, cursor=after)
    return Request("GET", TIME_ENTRIES, query, for_export=True)


def ask_time_in_order(
    contract_id: str, prefix: str, days: tuple[date, date], behind: str | None, after: str | None
) -> Request:
    """Ask for a contract's time entries of some days, in the order of our references."""
    query = _query(
        contractId=contract_id, externalRefPrefix=prefix, externalRefAfter=behind,
        dateFrom=days[0].isoformat(), dateTo=days[1].isoformat(), sort="externalRef", limit=WHOLE_PAGE, cursor=after,
    )  # fmt: skip
    return Request("GET", TIME_ENTRIES, query, for_export=True)


def ask_time_batch(external_refs: Sequence[str]) -> Request:
    """Ask for the time entries that carry any of up to 100 references."""
    return Request("POST", f"{TIME_ENTRIES}/batch", body={"externalRefs": list(external_refs)}, for_export=True)


def ask_record_time(time: NewTime, idempotency_key: str) -> Request:
    """Ask for a new time entry. Hours and money travel as decimal text, so that no float ever holds them."""
    body = {
        "externalRef": time.external_ref,
        "contractId": time.contract_id,
        "userId": time.user_id,
        "userEmail": time.user_email,
        "date": time.date.isoformat(),
        "hours": str(time.hours),
        "note": time.note,
        "rate": None if time.rate is None else str(time.rate),
        "amount": str(time.amount),
        "ticketId": time.ticket_id,
        "projectNumber": time.project_number,
        "billable": True,
    }
    return Request("POST", TIME_ENTRIES, headers={"Idempotency-Key": idempotency_key}, body=body, is_read=False)


def ask_remove_time(record_id: str) -> Request:
    """Ask for a time entry to be removed."""
    return Request("DELETE", _one(TIME_ENTRIES, record_id), is_read=False)


def _query(**wishes: str | int | None) -> dict[str, str]:
    return {name: str(wish) for name, wish in wishes.items() if wish is not None}


def _one(path: str, item_id: str) -> str:
    """Quote an id into a path. An id that would lead elsewhere ("", ".", "..") belongs to nothing."""
    if not item_id.strip("."):
        raise PsaNotFound("The PSA has nothing with this id.")
    return f"{path}/{quote(item_id, safe='')}"
