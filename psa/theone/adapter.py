"""The One PSA behind the port: each verb is ask, send, read."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import uuid4

from psa.errors import PsaUnavailable
from psa.port import Lookups

from . import asks, reads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from psa.port import Budget, ClientAccount, Contract, NewTicket, NewTime, Page, Ticket, TimeRecord
    from psa.wire import Reply, Request

Item = TypeVar("Item")

# A reference names one entry. A PSA that lists thousands for it ignores the filter, and a lookup must not say "absent".
PAGES_OF_A_LOOKUP = 20


class Road(Protocol):
    """What carries a request there and a reply back: `psa.transport.Transport`, or a road that leads nowhere."""

    @property
    def budget(self) -> Budget: ...

    async def send(self, request: Request, /) -> Reply: ...


class TheOnePsa:
    """One organisation's The One PSA; a `port.Psa`. Knows no secret: the transport carries the key."""

    def __init__(self, road: Road) -> None:
        """Take the road to it."""
        self._road = road

    def __eq__(self, other: object) -> bool:
        """Tell whether both go the same road: settings that are saved anew make a new one."""
        return isinstance(other, TheOnePsa) and self._road is other._road

    def __hash__(self) -> int:
        """Go by the road, too."""
        return hash(self._road)

    @property
    def budget(self) -> Budget:
        """Give what the last answer said of our calls a minute."""
        return self._road.budget

    async def check(self) -> None:
        """Prove that the address answers and the key is taken."""
        reads.read_page(await self._road.send(asks.ask_contracts(None, None, 1, None)), reads.contract)

    async def lookups(self) -> Lookups:
        """Look for a reference nobody has: a list that is not empty comes from a PSA that ignores the filter."""
        nobodys = f"probe:{uuid4()}"
        tickets = await self._road.send(asks.ask_tickets_by_ref(nobodys, None))
        time = await self._road.send(asks.ask_time_by_ref(nobodys, None))
        return Lookups(
            tickets=not reads.read_page(tickets, reads.ticket).items,
            time=not reads.read_page(time, reads.time_record).items,
        )

    async def find_clients(self, search: str | None, first: int, after: str | None) -> Page[ClientAccount]:
        """Search by name."""
        return reads.read_page(await self._road.send(asks.ask_clients(search, first, after)), reads.client)

    async def client(self, client_id: str) -> ClientAccount:
        """Raise PsaNotFound for an unknown id."""
        return reads.read_one(await self._road.send(asks.ask_client(client_id)), reads.client)

    async def find_contracts(
        self, search: str | None, client_id: str | None, first: int, after: str | None
    ) -> Page[Contract]:
        """Search by number or name."""
        return reads.read_page(
            await self._road.send(asks.ask_contracts(search, client_id, first, after)), reads.contract
        )

    async def contract(self, contract_id: str) -> Contract:
        """Raise PsaNotFound for an unknown id."""
        return reads.read_one(await self._road.send(asks.ask_contract(contract_id)), reads.contract)

    async def contracts(self, ids: Sequence[str]) -> dict[str, Contract]:
        """Fetch up to 100 at once; an unknown id is missing from the answer."""
        page = reads.read_page(await self._road.send(asks.ask_contract_batch(ids)), reads.contract)
        return {contract.id: contract for contract in page.items}

    async def find_tickets(self, search: str, client_id: str | None, first: int, after: str | None) -> Page[Ticket]:
        """Search by number or title, the exact number first."""
        return reads.read_page(await self._road.send(asks.ask_tickets(search, client_id, first, after)), reads.ticket)

    async def ticket(self, ticket_id: str) -> Ticket:
        """Raise PsaNotFound for an unknown id."""
        return reads.read_one(await self._road.send(asks.ask_ticket(ticket_id)), reads.ticket)

    async def tickets(self, ids: Sequence[str]) -> dict[str, Ticket]:
        """Fetch up to 100 at once; an unknown id is missing from the answer."""
        page = reads.read_page(await self._road.send(asks.ask_ticket_batch(ids)), reads.ticket)
        return {ticket.id: ticket for ticket in page.items}

    async def tickets_by_ref(self, external_ref: str) -> list[Ticket]:
        """Find the tickets with exactly this reference."""
        found = await self._all(partial(asks.ask_tickets_by_ref, external_ref), reads.ticket)
        return [ticket for ticket in found if ticket.external_ref == external_ref]

    async def open_ticket(self, ticket: NewTicket, idempotency_key: str) -> Ticket:
        """Open a ticket."""
        reply = await self._road.send(asks.ask_open_ticket(ticket, idempotency_key))
        return reads.read_recorded(reply, ticket.external_ref, reads.ticket)

    async def time_by_ref(self, external_ref: str) -> list[TimeRecord]:
        """Find the time entries with exactly this reference, wherever somebody may have moved them."""
        found = await self._all(partial(asks.ask_time_by_ref, external_ref), reads.time_record)
        return [record for record in found if record.external_ref == external_ref]

    async def list_time(
        self, contract_id: str, prefix: str, days: tuple[date, date], behind: str | None, after: str | None
    ) -> Page[TimeRecord]:
        """List what was asked for; rows that were not, of a PSA that overlooks a filter, are left out."""
        reply = await self._road.send(asks.ask_time_in_order(contract_id, prefix, days, behind, after))
        page = reads.read_page(reply, reads.time_record)

        def wanted(record: TimeRecord) -> bool:
            reference = record.external_ref or ""
            is_behind = behind is None or reference > behind
            is_then = days[0] <= record.date <= days[1]
            is_ours = reference.startswith(prefix) and reference.isprintable()
            return is_ours and is_behind and is_then and record.contract_id == contract_id

        return replace(page, items=tuple(filter(wanted, page.items)))

    async def time_by_refs(self, external_refs: Sequence[str]) -> list[TimeRecord]:
        """Find the time entries with these references, in one call."""
        page = reads.read_page(await self._road.send(asks.ask_time_batch(external_refs)), reads.time_record)
        return [record for record in page.items if record.external_ref in external_refs]

    async def record_time(self, time: NewTime, idempotency_key: str) -> TimeRecord:
        """Record an hour."""
        reply = await self._road.send(asks.ask_record_time(time, idempotency_key))
        return reads.read_recorded(reply, time.external_ref, reads.time_record)

    async def remove_time(self, record_id: str) -> None:
        """Raise PsaNotFound when it is not there, PsaRejected `already_invoiced` when it was invoiced."""
        reads.read_removed(await self._road.send(asks.ask_remove_time(record_id)))

    async def _all(self, ask: Callable[[str | None], Request], item: Callable[[dict[str, Any]], Item]) -> list[Item]:
        """Follow the pages. Raises PsaUnavailable rather than give half an answer."""
        found: list[Item] = []
        after = None
        for _ in range(PAGES_OF_A_LOOKUP):
            page = reads.read_page(await self._road.send(ask(after)), item)
            found += page.items
            after = page.next
            if after is None:
                return found
        raise PsaUnavailable("The PSA lists too much for one reference: it seems to ignore the filter.")
