"""What lives as long as the application, in one value: the door hands it to every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from db.connections import commands
from db.vaults import BrokenSeal
from psa.connections import PsaCredentials
from psa.errors import PsaNotConfigured

from .context import Context

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.session import Database
    from db.vaults import Vault
    from db.viewers import Viewer
    from psa.connections import PsaConnections
    from psa.port import Psa

    from .context import Links
    from .outbox.outboxes import Outbox
    from .viewers import Viewers

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
