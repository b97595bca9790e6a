"""What can be picked in the PSA, asked live: an empty list and no answer are two different things (domain 8.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from db import inputs
from db.shapes import PAGE_MOST
from psa.errors import PsaNotFound, PsaUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from psa.port import ClientAccount, Contract, Page, Ticket

    from .context import Context

Answer = TypeVar("Answer")


async def psa_clients(context: Context, search: str | None, first: int, after: str | None) -> Page[ClientAccount]:
    """Search clients by name. Raise InvalidInput or PsaError."""
    _check(first, search=search, after=after)
    psa = await context.psa()
    return await listed(psa.find_clients(search, first, after))


async def psa_contracts(
    context: Context, search: str | None, client_id: str | None, first: int, after: str | None
) -> Page[Contract]:
    """Search contracts by number or name. Raise InvalidInput or PsaError."""
    _check(first, search=search, client_id=client_id, after=after)
    psa = await context.psa()
    return await listed(psa.find_contracts(search, client_id, first, after))


async def psa_tickets(
    context: Context, search: str, client_id: str | None, first: int, after: str | None
) -> Page[Ticket]:
    """Search tickets by number, an exact one first, or title. Raise InvalidInput or PsaError."""
    _check(first, search=search, client_id=client_id, after=after)
    psa = await context.psa()
    return await listed(psa.find_tickets(search, client_id, first, after))


async def listed(answer: Awaitable[Answer]) -> Answer:
    """Return what a list answers. One that is not there is no list of a PSA: raise PsaUnavailable."""
    try:
        return await answer
    except PsaNotFound as error:
        raise PsaUnavailable("Something answers at the PSA's URL that is not its API.", status=error.status) from None


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
