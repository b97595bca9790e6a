"""What can be picked in the PSA, asked live: an empty list and no answer are two different things (domain 8.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import inputs
from db.shapes import PAGE_MOST

if TYPE_CHECKING:
    from psa.port import ClientAccount, Contract, Page, Ticket

    from .context import Context


async def psa_clients(context: Context, search: str | None, first: int, after: str | None) -> Page[ClientAccount]:
    """Search clients by name. Raise InvalidInput or PsaError."""
    _check(first, search=search, after=after)
    psa = await context.psa()
    return await psa.find_clients(search, first, after)


async def psa_contracts(
    context: Context, search: str | None, client_id: str | None, first: int, after: str | None
) -> Page[Contract]:
    """Search contracts by number or name. Raise InvalidInput or PsaError."""
    _check(first, search=search, client_id=client_id, after=after)
    psa = await context.psa()
    return await psa.find_contracts(search, client_id, first, after)


async def psa_tickets(
    context: Context, search: str, client_id: str | None, first: int, after: str | None
) -> Page[Ticket]:
    """Search tickets by number, an exact one first, or title. Raise InvalidInput or PsaError."""
    _check(first, search=search, client_id=client_id, after=after)
    psa = await context.psa()
    return await psa.find_tickets(search, client_id, first, after)


def _check(first: int, **texts: str | None) -> None:
    checks = {"first": _size, "after": inputs.optional(inputs.text)}
    checks |= dict.fromkeys(("search", "client_id"), inputs.optional(_short))
    inputs.checked(checks, {"first": first, **texts})


def _size(value: int) -> int:
    if not 1 <= value <= PAGE_MOST:
        raise ValueError(f"must be between 1 and {PAGE_MOST}")
    return value


def _short(value: str) -> str:
    if len(inputs.text(value)) > inputs.NAME_LIMIT:
        raise ValueError(f"must be at most {inputs.NAME_LIMIT} characters long")
    return value
