"""A document run through the schema: over a real database, a PSA behind a socket, and an outbox between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from db.connections import commands as settings
from db.organizations import Role
from db.vaults import Vault
from psa.connections import PsaConnections, PsaCredentials
from psa.reach import Clock
from resolvers.context import Context
from resolvers.outbox.outboxes import Outbox
from resolvers.outbox.settings import OutboxSettings
from schema.executions import told
from schema.roots import build
from tests import given
from tests.given import NOW
from tests.outbox.stage import REACH, contract_of
from tests.psa_sandbox import KEY

if TYPE_CHECKING:
    from datetime import datetime

    from strawberry.types import ExecutionResult

    from db.session import Database
    from db.viewers import Viewer
    from psa.port import Psa
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox

# People wait as long as in life; a doubt is cleared sooner.
PATIENT = OutboxSettings(quarantine=0.9, base_backoff=0.02, poll_interval=0.02)
VAULT = Vault([Fernet.generate_key().decode()], "pepper")


@dataclass(slots=True)
class Desk:
    """An organisation at work: its rows here, its tenant in the sandbox, and a way to ask as any of its people."""

    database: Database
    sandbox: Sandbox
    place: Workplace
    roads: PsaConnections
    now: datetime = NOW
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        """Take turns with the ledger when a request asks for it."""
        self.outbox = Outbox(self.database, self.psa_for, PATIENT)

    @property
    def org(self) -> str:
        return self.place.org

    @property
    def key(self) -> str:
        return f"{KEY}-{self.org}"

    def contract(self, number: int) -> str:
        """Return the PSA's id of a contract: number 1 is the project's client's."""
        return f"{self.org}-k-{number}"

    async def psa_for(self, org_id: str) -> Psa:
        """Give the PSA that the organisation's saved settings lead to."""
        async with self.database.read(org_id) as session:
            saved = await settings.credentials(session, org_id, VAULT)
        return self.roads.psa_for(org_id, saved and PsaCredentials(*saved))

    async def execute(
        self, document: str, variables: dict[str, Any], asker: Role | Viewer = Role.OWNER
    ) -> ExecutionResult:
        """Run a document as somebody and return all of the answer."""
        viewer = self.place.viewer(asker) if isinstance(asker, Role) else asker
        self.now += timedelta(seconds=1)  # so that what was asked first happened first
        context = Context(viewer, self.database, self.psa_for, self.outbox, self.now, vault=VAULT, loopback_http=True)
        return await build().execute(document, variable_values=variables, context_value=context)  # type: ignore[return-value]

    async def error_codes(self, document: str, asker: Role | Viewer = Role.OWNER, /, **variables: Any) -> list[str]:
        """Run a document and return the codes of the errors at its top."""
        result = await self.execute(document, variables, asker)
        return [(error.extensions or {})["code"] for error in told(result.errors or (), "req_1")]

    async def ask(self, document: str, asker: Role | Viewer = Role.OWNER, /, **variables: Any) -> Any:
        """Run a document with one root field and return what that answers; an error fails the test."""
        result = await self.execute(document, variables, asker)
        assert result.errors is None, result.errors
        assert result.data is not None
        (answer,) = result.data.values()
        return answer

    async def do(self, document: str, asker: Role | Viewer = Role.OWNER, /, **said: Any) -> Any:
        """Run a mutation with what its input says."""
        return await self.ask(document, asker, input=said)

    async def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the calls that the PSA received from this organisation."""
        log = await self.sandbox.log(self.org)
        return [call for call in log if method in (None, call["method"])]

    async def leave(self) -> None:
        """Put an end to everything that is under way."""
        await self.outbox.close(1)
        await self.roads.close()


async def open_desk(database: Database, sandbox: Sandbox, *, configured: bool = True, **facts: Any) -> Desk:
    """Store a workplace (`facts` of its project), make it a tenant of the sandbox, and save the connection to it."""
    place = await given.workplace(database, **facts)
    desk = Desk(database, sandbox, place, PsaConnections(REACH, Clock()))
    client = {"id": place.client.id, "name": "Acme"}
    own = contract_of(place.org, 1) | {"clientId": place.client.id, "startDate": "2026-01-01", "endDate": "2026-12-31"}
    await sandbox.seed(
        place.org, desk.key,
        users=[{"id": user.id, "email": user.email} for user in place.users.values()],
        clients=[client, {"id": "c-1", "name": "Harbor Dental"}],
        contracts=[own, contract_of(place.org, 2)],
        tickets=[
            {"id": f"{place.org}-t-1", "number": "ACM-101", "title": "Printer on fire", "clientId": place.client.id},
            {"id": f"{place.org}-t-2", "number": "ACM-102", "title": "VPN drops", "clientId": place.client.id},
        ],
    )  # fmt: skip
    if configured:
        said = {"api_url": sandbox.base_url, "integration_key": desk.key}
        async with database.write(place.org) as session:
            await settings.save(session, place.viewer(), said, vault=VAULT, now=NOW, loopback_http=True)
    return desk
