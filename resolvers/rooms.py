"""What lives as long as the application, in one value: the door hands it to every request."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from db.connections import commands
from db.session import Database
from db.vaults import BrokenSeal
from psa.connections import PsaConnections, PsaCredentials
from psa.errors import PsaNotConfigured
from psa.reach import Clock as PsaClock

from .context import Context
from .outbox.outboxes import Outbox
from .viewers import Viewers
from .workers import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from db.vaults import Vault
    from db.viewers import Viewer
    from psa.hub import HubKey
    from psa.port import Psa
    from psa.reach import Reach

    from .context import Links
    from .outbox.settings import OutboxSettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Roads:
    """The way from an organisation to its PSA: what is stored of it, opened, and the connection kept for it."""

    database: Database
    vault: Vault
    connections: PsaConnections

    async def psa_for(self, org_id: str) -> Psa:
        """Return the organisation's PSA as it is configured now; raise PsaNotConfigured for a key we cannot open."""
        try:
            async with self.database.read(org_id) as session:
                saved = await commands.credentials(session, org_id, self.vault)
        except BrokenSeal:
            log.error("integration key cannot be opened", org=org_id)  # noqa: TRY400 - the trace says nothing more
            raise PsaNotConfigured("The integration key cannot be read any more; save it again.") from None
        return self.connections.psa_for(org_id, PsaCredentials(*saved) if saved else None)


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that a request may need."""

    database: Database
    vault: Vault
    viewers: Viewers
    roads: Roads
    outbox: Outbox
    links: Links
    clock: Callable[[], datetime]
    loopback_http: bool = False

    def context(self, viewer: Viewer, request_id: str) -> Context:
        """Return one operation's surroundings; its moment is now."""
        return Context(
            viewer=viewer, database=self.database, psa_for=self.roads.psa_for, outbox=self.outbox, now=self.clock(),
            vault=self.vault, loopback_http=self.loopback_http, links=self.links, request_id=request_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rooms are made from; secrets stay inside `vault` and `hub`."""

    database_url: str = field(repr=False)
    vault: Vault
    hub: HubKey
    reach: Reach
    pace: OutboxSettings
    links: Links
    clock: Callable[[], datetime]


@asynccontextmanager
async def open_rooms(plan: Plan) -> AsyncIterator[Rooms]:
    """Open the database, the roads to PSAs and the worker; close them in the order in which they need each other."""
    async with AsyncExitStack() as stack:
        database = Database(plan.database_url)
        stack.push_async_callback(database.close)
        roads = Roads(database, plan.vault, PsaConnections(plan.reach, PsaClock()))
        stack.push_async_callback(roads.connections.close)
        outbox = Outbox(database, roads.psa_for, plan.pace)
        stack.push_async_callback(outbox.close)
        worker = Worker(outbox)
        stack.push_async_callback(worker.stop)
        worker.start()
        viewers = Viewers(database, plan.hub, plan.vault, plan.clock)
        yield Rooms(database, plan.vault, viewers, roads, outbox, plan.links, plan.clock, plan.reach.allow_private)
