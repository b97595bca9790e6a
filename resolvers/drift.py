"""What the PSA says now beside what was noted when somebody linked: asked live, one call for all rows of a level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psa.errors import PsaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psa.port import Contract, Ticket

    from .context import Context

PER_CALL = 100


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that differs: its name, what was noted, what the PSA says now."""

    fact: str
    noted: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Drift:
    """The differences of one link, or the reason why they are not known."""

    changes: list[Change] = field(default_factory=list)
    gone: bool = False
    unavailable: PsaError | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A ticket's state in the PSA now, or the reason why it is not known."""

    ticket: Ticket | None
    unavailable: PsaError | None = None


async def contract_drift(context: Context, rows: Sequence[tuple[Any, ...]]) -> list[Drift]:
    """Compare contract snapshots (id, number, name, start, end, status) with the PSA's contracts."""
    try:
        psa = await context.psa()
        now = await _all(psa.contracts, [row[0] for row in rows])
    except PsaError as error:
        return [Drift(unavailable=error) for _ in rows]
    return [_compare(row, now.get(row[0])) for row in rows]


async def ticket_status(context: Context, rows: Sequence[tuple[Any, ...]]) -> list[Live]:
    """Return the PSA's present state of tickets (id)."""
    try:
        psa = await context.psa()
        now = await _all(psa.tickets, [row[0] for row in rows])
    except PsaError as error:
        return [Live(None, error) for _ in rows]
    return [Live(now.get(row[0])) for row in rows]


async def _all(ask: Any, ids: list[str]) -> dict[str, Any]:
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), PER_CALL):
        found |= await ask(wanted[start : start + PER_CALL])
    return found


def _compare(row: tuple[Any, ...], contract: Contract | None) -> Drift:
    if contract is None:
        return Drift(gone=True)
    _id, number, name, start, end, status = row
    pairs = [
        ("contractNumber", number, contract.number),
        ("contractName", name, contract.name),
        ("startDate", start, contract.start_date),
        ("endDate", end, contract.end_date),
        ("status", status, contract.status),
    ]
    return Drift([Change(fact, _text(noted), _text(now)) for fact, noted, now in pairs if _text(noted) != _text(now)])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
