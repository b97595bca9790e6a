"""Who is connected to which PSA: one road per organisation, kept while its settings stay the same."""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from .errors import PsaNotConfigured
from .port import Budget
from .theone.adapter import TheOnePsa
from .theone.asks import key_headers

if TYPE_CHECKING:
    from typing import NoReturn

    from .port import Psa
    from .reach import Clock, Reach
    from .transport import Transport
    from .wire import Request

ROADS_KEPT = 1_000
CLIENT = "psa.transport"


@dataclass(frozen=True, slots=True)
class PsaCredentials:
    """What an administrator saved under Admin → Settings (the seed)."""

    tenant_id: str
    api_url: str
    integration_key: str = field(repr=False)


class NoRoad:
    """The road of an organisation that has not saved its settings: every verb ends in PsaNotConfigured."""

    budget = Budget()

    async def send(self, _: Request, /) -> NoReturn:
        """Refuse."""
        raise PsaNotConfigured


class PsaConnections:
    """The owner of all roads. Lives as long as the application, on its event loop."""

    def __init__(self, reach: Reach, clock: Clock) -> None:
        """Take the limits and the clock of every road."""
        self._reach = reach
        self._clock = clock
        self._open: OrderedDict[str, tuple[PsaCredentials, Transport]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    @staticmethod
    async def load() -> None:
        """Load the HTTP client, a tenth of what a server loads, once it is needed; requests go on meanwhile."""
        if CLIENT not in sys.modules:
            await asyncio.to_thread(import_module, CLIENT)

    def psa_for(self, org_id: str, credentials: PsaCredentials | None) -> Psa:
        """Give the organisation's PSA. Saved anew, the old road is closed once its calls have ended."""
        known = self._open.get(org_id)
        if known is not None and known[0] != credentials:
            self._retire(org_id)
        if credentials is None:
            return TheOnePsa(NoRoad())
        if org_id not in self._open:
            self._open[org_id] = (credentials, self._road(credentials))
        self._open.move_to_end(org_id)
        if len(self._open) > ROADS_KEPT:
            self._retire(next(iter(self._open)))
        return TheOnePsa(self._open[org_id][1])

    async def close(self) -> None:
        """Close every road, each after its calls under way: as long as a write may take, at most."""
        for org_id in list(self._open):
            self._retire(org_id)
        await asyncio.gather(*self._closing)

    def _road(self, credentials: PsaCredentials) -> Transport:
        from .transport import Transport  # noqa: PLC0415 - see `load`

        headers = key_headers(credentials.tenant_id, credentials.integration_key)
        return Transport(credentials.api_url, headers, self._reach, self._clock)

    def _retire(self, org_id: str) -> None:
        _, road = self._open.pop(org_id)
        task = asyncio.create_task(road.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
