"""What every operation gets: who asks, the database, the PSA, and the time; plain values, made at the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from strawberry.types import Info as StrawberryInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from db.session import Database
    from db.vaults import Vault
    from db.viewers import Viewer
    from psa.port import Psa

    from .followings import Following, Followings, Kind
    from .outbox.outboxes import Outbox
    from .viewers import Viewers

Clock = "Callable[[], datetime]"


def wall_clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Links:
    """Where people open things: the bases of deep links into both products (domain 12, 16)."""

    projects_app: str = "https://app.theoneprojects.app"
    psa_app: str = "https://app.theonepsa.com"

    def project(self, project_id: str) -> str:
        """Return the address of a project."""
        return f"{self.projects_app}/projects/{project_id}"

    def task(self, task_id: str) -> str:
        """Return the address of a task."""
        return f"{self.projects_app}/tasks/{task_id}"

    @property
    def tickets(self) -> str:
        """Return the address behind which a ticket's id is put."""
        return f"{self.psa_app}/tickets"

    def ticket(self, ticket_id: str) -> str:
        """Return the address of a ticket in the PSA."""
        return f"{self.tickets}/{quote(ticket_id, safe='')}"


@dataclass(slots=True)
class Env:
    """The asker as SQL parameters, named as in `db.askers.ENVIRONMENT`, and what fields are computed with."""

    org: str
    user: str | None
    now: datetime
    links: Links
    viewer: Viewer

    @property
    def today(self) -> date:
        """Return the date where the organisation is; few reads need it."""
        return self.now.astimezone(ZoneInfo(self.viewer.timezone)).date()


@dataclass(slots=True)
class Context:
    """One operation's surroundings. `now` is taken once, so that one answer speaks of one moment.

    A subscription takes it, and the viewer, anew for each event.
    """

    viewer: Viewer
    database: Database
    psa_for: Callable[[str], Awaitable[Psa]]
    outbox: Outbox
    now: datetime
    vault: Vault | None = None
    viewers: Viewers | None = None
    loopback_http: bool = False
    links: Links = field(default_factory=Links)
    request_id: str = ""
    followings: Followings | None = None
    again: Callable[[], Awaitable[tuple[Viewer, datetime]]] | None = None

    @property
    def today(self) -> date:
        """Return the date where the organisation is."""
        return self.env.today

    @property
    def env(self) -> Env:
        """Return the parameters that every planned statement takes."""
        viewer = self.viewer
        return Env(viewer.org_id, viewer.user_id, self.now, self.links, viewer)

    async def psa(self) -> Psa:
        """Return the organisation's PSA; one that is not configured says so at the first verb."""
        return await self.psa_for(self.viewer.org_id)

    async def renew(self) -> None:
        """Ask anew who the caller is and what time it is: a subscription outlives both. Raise Unauthenticated."""
        if self.again is not None:
            self.viewer, self.now = await self.again()

    def followed(self, kind: Kind, id_: str) -> AbstractAsyncContextManager[Following]:
        """Follow something of the caller's organisation."""
        assert self.followings is not None  # noqa: S101 - the door hands them to every operation
        return self.followings.following(kind, self.viewer.org_id, id_)


Info = StrawberryInfo[Context, None]
