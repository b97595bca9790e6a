"""What differs between the kinds of op: how it is looked up, how it is sent, what its success brings about here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from db.escalations.requests import link
from db.exports.endings import finish_batch
from db.exports.voids import finish_void
from db.ledger.intents import sibling_refs
from db.ledger.tables import OpKind
from db.tickets import TicketFacts
from psa.errors import PsaNotFound
from psa.port import NewTicket, NewTime
from resolvers.reconciliations.facts import differences, is_same

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from db.ledger.claims import Claimed
    from db.session import WriteSession
    from psa.port import Lookups, Psa, Ticket, TimeRecord


@dataclass(frozen=True, slots=True)
class Found:
    """What the PSA has of what we sent, or were to send. `unlike` says in words why it is not that; None: it is."""

    remote_id: str
    unlike: str | None = None
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """One kind of op. `finish` is run in the unit that confirms or refuses it; found is None where it was refused.

    Without `look_up` it is simply sent again: doing it twice does no harm. `look_around` looks under other references
    of the subject, too, where there may be any; `look_up_many` looks up to a hundred ops up at once, and gives what it
    found by the op's id. `is_urgent`: a person waits for it.
    """

    send: Callable[[Psa, Claimed], Awaitable[Found]]
    finish: Callable[[WriteSession, Claimed, Found | None, datetime], Awaitable[None]]
    look_up: Callable[[Psa, Claimed], Awaitable[list[Found]]] | None = None
    look_around: Callable[[Psa, Claimed], Awaitable[list[Found]]] | None = None
    look_up_many: Callable[[Psa, Sequence[Claimed]], Awaitable[dict[str, list[Found]]]] | None = None
    can_be_looked_up: Callable[[Lookups], bool] = lambda _lookups: True
    is_urgent: bool = False


async def _record_time(psa: Psa, op: Claimed) -> Found:
    return _time_found(op, await psa.record_time(_new_time(op), op.idempotency_key))


async def _look_up_time(psa: Psa, op: Claimed) -> list[Found]:
    # On any contract: what was moved to another one is there, and must not be sent again.
    return [_time_found(op, record) for record in await psa.time_by_ref(op.external_ref)]


async def _look_around_for_time(psa: Psa, op: Claimed) -> list[Found]:
    others = await psa.time_by_refs(sibling_refs(op.external_ref))
    return [*await _look_up_time(psa, op), *(_time_found(op, record) for record in others)]


async def _look_up_times(psa: Psa, ops: Sequence[Claimed]) -> dict[str, list[Found]]:
    records = await psa.time_by_refs([op.external_ref for op in ops])
    return {op.id: [_time_found(op, each) for each in records if each.external_ref == op.external_ref] for op in ops}


async def _finish_time(session: WriteSession, op: Claimed, _found: Found | None, now: datetime) -> None:
    await finish_batch(session, op.org_id, op.id, now)


async def _open_ticket(psa: Psa, op: Claimed) -> Found:
    return _ticket_found(op, await psa.open_ticket(_new_ticket(op), op.idempotency_key))


async def _look_up_ticket(psa: Psa, op: Claimed) -> list[Found]:
    return [_ticket_found(op, ticket) for ticket in await psa.tickets_by_ref(op.external_ref)]


async def _finish_ticket(session: WriteSession, op: Claimed, found: Found | None, now: datetime) -> None:
    if found is None or found.ticket is None:
        return
    ticket = found.ticket
    url = f"{op.payload['tickets_url']}/{quote(ticket.id, safe='')}"
    facts = TicketFacts(ticket.id, ticket.number, ticket.title, ticket.status, ticket.priority, url)
    await link(session, op.subject_id, facts, now)


async def _remove_time(psa: Psa, op: Claimed) -> Found:
    remote_id = op.payload["remote_id"]
    with suppress(PsaNotFound):  # gone is gone, whoever removed it
        await psa.remove_time(remote_id)
    return Found(remote_id)


async def _finish_void(session: WriteSession, op: Claimed, found: Found | None, now: datetime) -> None:
    if found is not None:
        await finish_void(session, op.org_id, op.subject_id, now)


def _new_time(op: Claimed) -> NewTime:
    said = op.payload
    return NewTime(
        external_ref=op.external_ref,
        contract_id=said["contract_id"],
        user_id=said["user_id"],
        user_email=said["user_email"],
        date=date.fromisoformat(said["date"]),
        hours=Decimal(said["hours"]),
        note=said["note"],
        rate=None if said["rate"] is None else Decimal(said["rate"]),
        amount=Decimal(said["amount"]),
        ticket_id=said["ticket_id"],
        project_number=said["project_number"],
    )


def _new_ticket(op: Claimed) -> NewTicket:
    said = op.payload
    return NewTicket(
        external_ref=op.external_ref,
        subject=said["subject"],
        description=said["description"],
        priority=said["priority"],
        client_id=said["client_id"],
        contract_id=said["contract_id"],
        project_number=said["project_number"],
        task_id=said["task_id"],
        task_url=said["task_url"],
    )


def _time_found(op: Claimed, record: TimeRecord) -> Found:
    unlike = _of_another(op, record.external_ref)
    if unlike is None and not is_same(op.payload, record):
        billed = (each for each in differences(op.payload, record) if not each.warning)
        unlike = ", ".join(f"{each.fact} is {each.theirs} instead of {each.ours}" for each in billed)
    return Found(record.id, unlike)


def _ticket_found(op: Claimed, ticket: Ticket) -> Found:
    return Found(ticket.id, _of_another(op, ticket.external_ref), ticket)


def _of_another(op: Claimed, reference: str | None) -> str | None:
    return f"its reference is {reference}" if reference and reference != op.external_ref else None


ERRANDS = {
    OpKind.TIME: Errand(
        _record_time, _finish_time, _look_up_time, _look_around_for_time, _look_up_times, lambda lookups: lookups.time
    ),
    OpKind.TICKET: Errand(
        _open_ticket, _finish_ticket, _look_up_ticket, can_be_looked_up=lambda lookups: lookups.tickets, is_urgent=True
    ),
    OpKind.VOID: Errand(_remove_time, _finish_void),
}
