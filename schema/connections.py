"""The connection to the PSA as administrators see it; the key itself is never shown."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry
from graphql import GraphQLError

from db.connections.tables import CheckResult
from db.refusals import Forbidden
from resolvers import connections
from resolvers.context import Info

from .fields import words

FOUND = {
    "OK": "The PSA answers and takes the key.",
    "BAD_CREDENTIALS": "The PSA does not take the key.",
    "UNREACHABLE": "Nothing answers at the address.",
    "RATE_LIMITED": "The PSA's calls for this minute are used up.",
    "UNAVAILABLE": "Something answers, but not properly.",
}
words(CheckResult, "What a test of the connection found.", **FOUND)


class PsaConnectionStatus(StrEnum):
    """Whether the connection can be used, as far as is known."""

    NOT_CONFIGURED = "NOT_CONFIGURED"
    NOT_TESTED = "NOT_TESTED"
    OK = "OK"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    UNREACHABLE = "UNREACHABLE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"


words(
    PsaConnectionStatus,
    "Whether the connection can be used, as far as is known.",
    NOT_CONFIGURED="Address and key are not saved yet.",
    NOT_TESTED="Nobody has tested it since address or key were changed.",
    **FOUND,
)


@strawberry.type(
    description="How many calls the PSA still answers this minute, as its last answer said; null before one."
)
class PsaBudget:
    """Shared by everything that asks the PSA for the organisation."""

    limit: int | None = strawberry.field(description="Calls a minute.")
    remaining: int | None = strawberry.field(description="Calls left.")
    resets_in_seconds: float | None = strawberry.field(description="When the minute ends.")


@strawberry.type(description="The organisation's connection to its PSA. The key can be written, never read.")
class PsaConnection:
    """Settings, and how they do."""

    status: PsaConnectionStatus = strawberry.field(description="Whether it can be used, as far as is known.")
    configured: bool = strawberry.field(
        description="Whether address and key are saved; until then nothing is exported."
    )
    tenant_id: strawberry.ID | None = strawberry.field(description="The PSA's tenant: the Hub's organisation id.")
    api_url: str | None = strawberry.field(description="The base URL of the PSA's API.")
    key_is_set: bool = strawberry.field(description="Whether an integration key is saved.")
    key_last_four: str | None = strawberry.field(description="The last four characters of the key.")
    key_updated_at: datetime | None = strawberry.field(description="When the key was last replaced.")
    last_checked_at: datetime | None = strawberry.field(description="When it was last tested.")
    last_check_result: CheckResult | None = strawberry.field(
        description="What that test found; forgotten when address or key change."
    )
    last_check_message: str | None = strawberry.field(description="What that test found, in words.")
    budget: PsaBudget = strawberry.field(description="What is left of the PSA's calls a minute.")


def connection_of(known: tuple[Any, Any]) -> PsaConnection:
    """Return saved settings, None where there are none, and a budget as clients see them."""
    saved, budget = known
    tested = saved.last_check_result if saved else None
    return PsaConnection(
        status=PsaConnectionStatus(tested or ("NOT_TESTED" if saved else "NOT_CONFIGURED")),
        configured=saved is not None,
        tenant_id=saved and saved.tenant_id,
        api_url=saved and saved.api_url,
        key_is_set=saved is not None,
        key_last_four=saved and saved.key_last_four,
        key_updated_at=saved and saved.key_updated_at,
        last_checked_at=saved and saved.last_checked_at,
        last_check_result=CheckResult(tested) if tested else None,
        last_check_message=saved and saved.last_check_message,
        budget=PsaBudget(limit=budget.limit, remaining=budget.remaining, resets_in_seconds=budget.resets_in_seconds),
    )


async def psa_connection(info: Info) -> PsaConnection:
    """Answer psaConnection; who may not know gets an error, for there is nothing to answer in its place."""
    try:
        return connection_of(await connections.psa_connection(info.context))
    except Forbidden as refused:
        raise GraphQLError(refused.message, extensions={"code": refused.code}) from None
