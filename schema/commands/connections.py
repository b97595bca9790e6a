"""Saving and testing the connection to the PSA: inputs and payloads."""

from typing import Any

import strawberry

from db.connections.tables import CheckResult
from schema.connections import PsaConnection, connection_of
from schema.errors import ProjectsError, shown_as


@strawberry.input(
    description="What to save of Admin → Settings. What is left out stays; the first time address and key are needed."
)
class SavePsaConnectionInput:
    """Settings."""

    tenant_id: strawberry.ID | None = strawberry.field(
        description="The PSA's tenant id: your Hub organisation id, which it may be left out for.", default=None
    )
    api_url: str | None = strawberry.field(
        description="The base URL of your PSA's API, such as https://api.theonepsa.app.", default=None
    )
    integration_key: str | None = strawberry.field(
        description="Generated in the PSA under Settings → Integrations. Never shown; the one before stops at once.",
        default=None,
    )


@strawberry.type(description="Settings that were saved.")
class SavePsaConnectionPayload:
    """The connection as it is now."""

    known: strawberry.Private[Any]

    @strawberry.field(description="The connection.")
    def psa_connection(self) -> PsaConnection:
        """Return it as clients see it."""
        return connection_of(self.known)


@strawberry.input(description="Nothing needs to be said: the saved connection is tested.")
class TestPsaConnectionInput:
    """An input object cannot be empty."""

    client_mutation_id: str | None = strawberry.field(description="Ignored.", default=None)


@strawberry.type(description="What a test of the connection found.")
class TestPsaConnectionPayload:
    """The PSA was really asked."""

    known: strawberry.Private[Any]
    met: strawberry.Private[Any]
    result: CheckResult = strawberry.field(description="What was found; OK when the PSA answers and takes the key.")

    @strawberry.field(description="Whether the PSA answers and takes the key.")
    def ok(self) -> bool:
        """Tell whether all is well."""
        return self.result is CheckResult.OK

    @strawberry.field(description="Why it is not OK, and what to do; null when it is OK.")
    def error(self) -> ProjectsError | None:
        """Return the error as data."""
        return shown_as(self.met) if self.met else None

    @strawberry.field(description="The connection.")
    def psa_connection(self) -> PsaConnection:
        """Return it as clients see it."""
        return connection_of(self.known)
