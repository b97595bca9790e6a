"""The ledger's clock beside this process's own: a jump of the first makes no doubt older (decision 0021)."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.ledger.clocks import Clock
    from db.session import ReadSession, WriteSession

TOLERANCE = 1.0  # seconds; less is the clocks' difference, which a quarantine has room for
REMEMBERED = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump forward: by how much, and the ledger's time when it was noticed."""

    by: timedelta
    at: datetime


@dataclass(slots=True)
class WatchedClock:
    """The ledger's clock, compared with a clock that nobody can set whenever it is read."""

    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _lead: float | None = None  # seconds that the ledger's clock is ahead of ours, at most
    _jumps: deque[Jump] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    async def __call__(self, session: ReadSession | WriteSession) -> datetime:
        """Return the ledger's time."""
        before = self.monotonic()
        now = await self.clock(session)
        self._compare(now, before, self.monotonic())
        return now

    def carried(self, moment: datetime) -> datetime:
        """Return where a moment that the ledger knows lies on its clock as it goes now.

        A jump forward carries along what was before it, but to its own moment at the most: so nothing that waits for
        a time to pass since then waits longer than that time after the jump.
        """
        for jump in self._jumps:
            if moment < jump.at:
                moment = min(moment + jump.by, jump.at)
        return moment

    def _compare(self, now: datetime, before: float, after: float) -> None:
        """Notice a jump: a reading that took long hides none before it, and is none itself."""
        least, most = now.timestamp() - after, now.timestamp() - before
        if self._lead is None or least <= self._lead + TOLERANCE:
            self._lead = most if self._lead is None else min(self._lead, most)
            return
        jump = Jump(timedelta(seconds=most - self._lead), now)
        self._jumps.append(jump)
        self._lead = most
        log.warning("the ledger's clock jumped forward", extra={"seconds": round(jump.by.total_seconds(), 1)})
