"""The PSA as this house speaks of it: about ten verbs on four subjects, frozen values, no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ClientAccount:
    """A company the PSA serves."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A billing arrangement with a client. `type`, `status` and `billing_frequency` are our enum names."""

    id: str
    number: str
    name: str
    type: str
    status: str
    client_id: str
    client_name: str
    start_date: date | None
    end_date: date | None
    billing_frequency: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A service-desk ticket. `status` and `priority` are our enum names, UNKNOWN for a word we have never met."""

    id: str
    number: str
    title: str
    status: str
    priority: str
    client_id: str | None
    client_name: str | None
    external_ref: str | None


@dataclass(frozen=True, slots=True)
class NewTicket:
    """An escalated task on its way to the service desk; `priority` is our enum name."""

    external_ref: str
    subject: str
    description: str
    priority: str
    client_id: str | None
    contract_id: str | None
    project_number: str
    task_id: str
    task_url: str


@dataclass(frozen=True, slots=True)
class NewTime:
    """An hour on its way to an invoice. `hours`, `rate` and `amount` have two decimals; `rate` is per hour."""

    external_ref: str
    contract_id: str
    user_id: str
    user_email: str
    date: date
    hours: Decimal
    note: str
    rate: Decimal | None
    amount: Decimal
    ticket_id: str | None
    project_number: str


@dataclass(frozen=True, slots=True)
class TimeRecord:
    """A time entry as the PSA keeps it; `invoiced` entries can no longer be removed."""

    id: str
    external_ref: str | None
    contract_id: str
    user_id: str
    date: date
    hours: Decimal
    note: str
    rate: Decimal | None
    amount: Decimal | None
    ticket_id: str | None
    invoiced: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a remote list; `next` is the PSA's own cursor, None on the last page."""

    items: tuple[Item, ...]
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What the PSA's last answer said of our calls a minute; None until it said anything."""

    limit: int | None = None
    remaining: int | None = None
    resets_in_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Lookups:
    """Which lists can be searched by our reference: without it, an unanswered write stays a person's to settle."""

    tickets: bool
    time: bool


class Psa(Protocol):
    """One organisation's PSA. Every verb may raise a `PsaError`; see `psa/errors.py` for what each kind means."""

    @property
    def budget(self) -> Budget: ...

    async def check(self) -> None:
        """Prove that the address answers and the key is taken."""

    async def lookups(self) -> Lookups:
        """Probe with a reference nobody has, at the cost of two calls (reliability 2)."""
        ...

    async def find_clients(self, search: str | None, first: int, after: str | None) -> Page[ClientAccount]: ...

    async def client(self, client_id: str) -> ClientAccount:
        """Raise PsaNotFound for an unknown id."""
        ...

    async def find_contracts(
        self, search: str | None, client_id: str | None, first: int, after: str | None
    ) -> Page[Contract]: ...

    async def contract(self, contract_id: str) -> Contract:
        """Raise PsaNotFound for an unknown id."""
        ...

    async def contracts(self, ids: Sequence[str]) -> dict[str, Contract]:
        """Up to 100 ids in one call; an unknown id is missing from the answer."""
        ...

    async def find_tickets(self, search: str, client_id: str | None, first: int, after: str | None) -> Page[Ticket]: ...

    async def ticket(self, ticket_id: str) -> Ticket:
        """Raise PsaNotFound for an unknown id."""
        ...

    async def tickets(self, ids: Sequence[str]) -> dict[str, Ticket]:
        """Up to 100 ids in one call; an unknown id is missing from the answer."""
        ...

    async def tickets_by_ref(self, external_ref: str) -> list[Ticket]:
        """All tickets whose reference is exactly this one, pages followed, each row compared by us."""
        ...

    async def open_ticket(self, ticket: NewTicket, idempotency_key: str) -> Ticket: ...

    async def time_by_ref(self, external_ref: str) -> list[TimeRecord]:
        """All entries whose reference is exactly this one, on any contract, pages followed, each row compared by us."""
        ...

    async def list_time(
        self, contract_id: str, prefix: str, days: tuple[date, date], behind: str | None, after: str | None
    ) -> Page[TimeRecord]:
        """Of a contract, first day to last: references that begin so and come `behind` one, in their order."""
        ...

    async def time_by_refs(self, external_refs: Sequence[str]) -> list[TimeRecord]:
        """All entries with one of up to 100 references, on whatever contract and day, each row compared by us."""
        ...

    async def record_time(self, time: NewTime, idempotency_key: str) -> TimeRecord: ...

    async def remove_time(self, record_id: str) -> None:
        """Raise PsaNotFound when it is not there, PsaRejected with `already_invoiced` when it was invoiced."""
        ...
