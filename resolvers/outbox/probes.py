"""Which PSAs can be searched by our reference, as their last probe said (reliability 2)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from psa.port import Lookups


class Probes:
    """The probes' results of this process, each good for some seconds or until its connection changes."""

    def __init__(self, lifetime: float) -> None:
        """Take the seconds a result is good for."""
        self._lifetime = lifetime
        self._known: dict[str, tuple[Lookups, float]] = {}

    async def lookups(self, org_id: str, probe: Callable[[], Awaitable[Lookups]]) -> Lookups:
        """Return what an organisation's PSA can do, probing where that is not known. Raises PsaError."""
        known = self._known.get(org_id)
        if known is None or known[1] < time.monotonic():
            known = (await probe(), time.monotonic() + self._lifetime)
            self._known[org_id] = known
        return known[0]

    def forget(self, org_id: str) -> None:
        """Probe anew before the next send: the connection was changed."""
        self._known.pop(org_id, None)
