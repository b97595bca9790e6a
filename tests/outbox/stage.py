"""What the outbox's tests play on: an organisation here, its PSA behind a socket, and the outbox between them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from db.exports.batches import ExportPolicy, Requested
from db.exports.requests import request
from db.exports.tables import ExportLine
from db.ledger.claims import rest
from db.ledger.settlements import PARKED
from db.ledger.tables import OpState, OutboundAttempt, OutboundOp
from db.organizations import Role
from psa.connections import PsaConnections
from psa.errors import PsaNotConfigured
from psa.reach import Clock, Reach
from resolvers.outbox.outboxes import Outbox
from resolvers.outbox.settings import OutboxSettings
from tests import given
from tests.psa_sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from db.activity import ActivityEvent
    from db.contracts import ContractLink
    from db.projects.tables import Project
    from db.session import Database, ReadSession, WriteSession
    from db.time_entries.tables import TimeEntry
    from psa.port import Psa
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox

# The protocol's times, about two hundred times shorter; their order is the same.
HASTY = OutboxSettings(
    lease=1.5, total_timeout=0.6, deadline_margin=0.1, quarantine=0.9, base_backoff=0.02, max_backoff=0.1,
    poll_interval=0.02,
)  # fmt: skip
REACH = Reach(allow_private=True, write_seconds=0.4, read_seconds=0.4)
FAST_CLOCK = Clock(monotonic=lambda: time.monotonic() * 300)  # a breaker's half minute passes in a tenth of a second


@dataclass(slots=True)
class Hands:
    """A clock that stands still until it is moved; the ledger's time in tests that must not wait."""

    at: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    passed: float = 0.0  # what a clock shows that nobody can set

    async def __call__(self, _session: ReadSession | WriteSession) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.passed += seconds
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        """Set the ledger's clock forward, or back; no time passes."""
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class Stage:
    """One organisation with a linked project, its tenant in the sandbox, and outboxes as many as a test wants."""

    database: Database
    sandbox: Sandbox
    place: Workplace
    contract: ContractLink
    roads: PsaConnections = field(default_factory=lambda: PsaConnections(REACH, FAST_CLOCK))
    keys: int = 0

    def outbox(self, settings: OutboxSettings = HASTY, **said: Any) -> Outbox:
        if isinstance(hands := said.get("clock"), Hands):
            said["monotonic"] = hands.monotonic
        return Outbox(self.database, self.psa_for, settings, **said)

    async def psa_for(self, org_id: str) -> Psa:
        if org_id != self.place.org:
            raise PsaNotConfigured("another test's organisation")
        return self.roads.psa_for(org_id, self.sandbox.credentials(org_id, f"{KEY}-{org_id}"))

    async def entries(self, number: int, of: Project | None = None, **facts: Any) -> list[TimeEntry]:
        person = self.place.users[Role.MEMBER]
        rows = [given.time_entry(of or self.place.project, person, **facts) for _ in range(number)]
        await given.stored(self.database, *rows)
        return rows

    async def export(self, entries: Sequence[TimeEntry] | None, key: str | None = None, **said: Any) -> Requested:
        async with self.database.write(self.place.org) as session:
            return await self.export_in(session, entries, key, **said)

    async def export_in(
        self, session: WriteSession, entries: Sequence[TimeEntry] | None, key: str | None = None, **said: Any
    ) -> Requested:
        self.keys += 1
        ids = None if entries is None else [entry.id for entry in entries]
        viewer, project_id = said.pop("viewer", self.place.viewer()), said.pop("project_id", self.place.project.id)
        asked = {"policy": ExportPolicy.BEST_EFFORT, "now": datetime.now(UTC)} | said
        return await request(session, viewer, project_id, ids, idempotency_key=key or f"key-{self.keys}", **asked)

    async def export_under(self, number: int, lines: int) -> Requested:
        """Export lines of a project of its own, linked to a contract of its own."""
        owner = self.place.users[Role.OWNER]
        project = given.project(self.place.organization, owner)
        terms = contract_of(self.place.org, number)
        link = given.contract_link(project, owner, psa_contract_id=terms["id"], contract_number=terms["number"])
        await given.stored(self.database, project, link)
        return await self.export(await self.entries(lines, of=project), project_id=project.id)

    async def ops(self) -> list[OutboundOp]:
        async with self.database.read(self.place.org) as session:
            return list(await session.scalars(select(OutboundOp).order_by(OutboundOp.id)))

    async def op(self) -> OutboundOp:
        (only,) = await self.ops()
        return only

    async def states(self) -> list[str]:
        return [op.state.value for op in await self.ops()]

    async def attempts(self) -> list[OutboundAttempt]:
        async with self.database.read(self.place.org) as session:
            return list(await session.scalars(select(OutboundAttempt).order_by(OutboundAttempt.id)))

    async def events(self, table: type[ActivityEvent], kind: str) -> list[ActivityEvent]:
        async with self.database.read(self.place.org) as session:
            return list(await session.scalars(select(table).where(table.kind == kind)))

    async def kept(self) -> list[dict[str, Any]]:
        """What the PSA keeps of this organisation."""
        return await self.sandbox.time_entries(self.place.org)

    async def calls(self, method: str, path: str = "/api/time-entries") -> list[dict[str, Any]]:
        log = await self.sandbox.log(self.place.org)
        return [call for call in log if call["method"] == method and call["path"].startswith(path)]

    async def sends(self) -> list[dict[str, Any]]:
        """What the PSA was asked to record."""
        return [call for call in await self.calls("POST") if call["path"] == "/api/time-entries"]

    async def forget(self) -> None:
        """Put the ledger back to where nothing had been asked for."""
        async with self.database.write(None) as session:
            for table in (ExportLine, OutboundAttempt, OutboundOp):
                await session.execute(delete(table).where(table.org_id == self.place.org))

    async def until_done(self, seconds: float = 40) -> None:
        """Wait until whoever works elsewhere has left nothing open."""

        async def is_done() -> bool:
            return not await self.is_open()

        await until(is_done, seconds)

    async def settle(self, outbox: Outbox, seconds: float = 20) -> None:
        """Take turns until everything is final, or parked for a person."""
        async with asyncio.timeout(seconds):
            while await self.is_open():
                await outbox.sweep()
                if not await outbox.turn():
                    await asyncio.sleep(0.02)

    async def parked(self) -> int:
        """Return how many lines wait for a person."""
        return sum(op.state is OpState.UNKNOWN and op.not_before == PARKED for op in await self.ops())

    async def is_open(self) -> bool:
        return any(
            op.state in (OpState.PENDING, OpState.SENT, OpState.UNKNOWN) and op.not_before != PARKED
            for op in await self.ops()
        )

    async def close(self) -> None:
        """Leave nothing that the next test's outbox could claim."""
        async with self.database.write(self.place.org) as session:
            await rest(session, self.place.org, PARKED)
        await self.roads.close()


async def set_stage(database: Database, sandbox: Sandbox, **settings: Any) -> Stage:
    """Store an organisation whose project is linked to contract k-1, and make it a tenant of the sandbox."""
    place = await given.workplace(database)
    owner = place.users[Role.OWNER]
    contract = given.contract_link(place.project, owner, psa_contract_id=f"{place.org}-k-1", contract_number="CTR-1001")
    await given.stored(database, contract)
    users = [{"id": user.id, "email": user.email} for user in place.users.values()]
    clients = [
        {"id": place.client.id, "name": place.client.name},
        {"id": "c-1", "name": "H"},
        {"id": "c-2", "name": "M"},
    ]
    contracts = [contract_of(place.org, number) for number in range(1, 7)]
    await sandbox.seed(
        place.org,
        f"{KEY}-{place.org}",
        users=users,
        clients=clients,
        contracts=contracts,
        tickets=[],
        settings=settings,
    )
    return Stage(database, sandbox, place, contract)


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.02)


def contract_of(org_id: str, number: int) -> dict[str, str]:
    """A contract of the sandbox, of an id that no other test's organisation has."""
    name, client = f"Contract {number}", {"clientId": "c-1"}
    return {"id": f"{org_id}-k-{number}", "number": f"CTR-{1000 + number}", "name": name} | client
