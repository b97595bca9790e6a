"""What lives as long as the application, in one value: the door hands it to every request."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from db.connections import commands
from db.session import Database
from db.urls import with_driver
from db.vaults import BrokenSeal, Vault
from psa.connections import PsaConnections, PsaCredentials
from psa.errors import PsaNotConfigured
from psa.hub import local_key
from psa.reach import Clock as PsaClock
from psa.reach import Reach

from .context import Context, Links
from .followings import Followings
from .nodes import working
from .outbox.outboxes import Outbox
from .viewers import Viewers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from db.secrets import Secret
    from db.viewers import Viewer
    from psa.port import Psa

    from .drains import Drain
    from .outbox.settings import OutboxSettings
    from .viewers import Credential

log = logging.getLogger(__name__)


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
            log.error("integration key cannot be opened", extra={"org": org_id})  # noqa: TRY400 - the trace says nothing more
            raise PsaNotConfigured("The integration key cannot be read any more; save it again.") from None
        if saved is None:
            return self.connections.psa_for(org_id, None)
        await self.connections.load()
        return self.connections.psa_for(org_id, PsaCredentials(*saved))


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that a request may need."""

    database: Database
    vault: Vault
    viewers: Viewers
    roads: Roads
    outbox: Outbox
    followings: Followings
    links: Links
    clock: Callable[[], datetime]
    loopback_http: bool = False

    def context(self, viewer: Viewer, request_id: str) -> Context:
        """Return one operation's surroundings; its moment is now."""
        return Context(
            viewer=viewer, database=self.database, psa_for=self.roads.psa_for, outbox=self.outbox, now=self.clock(),
            vault=self.vault, viewers=self.viewers, loopback_http=self.loopback_http, links=self.links,
            request_id=request_id, followings=self.followings,
        )  # fmt: skip

    async def operation(self, credential: Credential, request_id: str) -> Context:
        """Return the surroundings of an operation that may outlive its caller's rights. Raise Unauthenticated."""

        async def again() -> tuple[Viewer, datetime]:
            return await self.viewers.viewer(credential), self.clock()

        context = self.context(await self.viewers.viewer(credential), request_id)
        context.again = again
        return context


class Wishes(Protocol):
    """What an installation chooses; the door reads it from the environment."""

    @property
    def database_url(self) -> Secret: ...

    @property
    def signing_key(self) -> Secret: ...

    @property
    def sealing_keys(self) -> Secret: ...

    @property
    def pepper(self) -> Secret: ...

    @property
    def app_url(self) -> str: ...

    @property
    def psa_app_url(self) -> str: ...

    @property
    def allow_private_psa(self) -> bool: ...

    @property
    def node_file(self) -> Path | None: ...

    @property
    def pace(self) -> OutboxSettings: ...


@asynccontextmanager
async def open_ledger(wishes: Wishes) -> AsyncIterator[tuple[Roads, Outbox]]:
    """Open the database, the roads to PSAs, and an outbox that takes no turn by itself."""
    vault = Vault(wishes.sealing_keys.reveal().split(","), wishes.pepper.reveal())
    async with AsyncExitStack() as stack:
        database = Database(with_driver(wishes.database_url.reveal()))
        stack.push_async_callback(database.close)
        roads = Roads(database, vault, PsaConnections(Reach(allow_private=wishes.allow_private_psa), PsaClock()))
        stack.push_async_callback(roads.connections.close)
        yield roads, Outbox(database, roads.psa_for, wishes.pace)


@asynccontextmanager
async def open_rooms(wishes: Wishes, clock: Callable[[], datetime], drain: Drain) -> AsyncIterator[Rooms]:
    """Open everything, and the worker; close them in the order in which they need each other, before the drain ends."""
    async with (
        open_ledger(wishes) as (roads, outbox),
        working(outbox, wishes.node_file, drain),
        aclosing(Followings(roads.database)) as followings,
    ):
        hub = local_key(wishes.signing_key.reveal())
        viewers = Viewers(roads.database, hub, roads.vault, clock)
        links = Links(wishes.app_url, wishes.psa_app_url)
        yield Rooms(
            roads.database, roads.vault, viewers, roads, outbox, followings, links, clock, wishes.allow_private_psa
        )
