"""The road to one PSA: places, pauses, the breaker, and the second try of a read."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .allowance import Allowance
from .breaker import Breaker
from .errors import PsaUnavailable, PsaUnreachable
from .exchanges import Exchanges
from .guard import header_flaw, url_flaw
from .wire import FAULTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from .port import Budget
    from .reach import Clock, Reach
    from .wire import Reply, Request

REPEAT_WITHIN = 0.25


class Transport:
    """One PSA connection's road. Repeats a failed read once; never a write: that is the ledger's business."""

    def __init__(self, base_url: str, headers: Mapping[str, str], reach: Reach, clock: Clock) -> None:
        """Take the base URL and the headers of every call. Needs a running event loop."""
        self._flaw = url_flaw(base_url, allow_private=reach.allow_private, ports=reach.ports) or header_flaw(headers)
        self._exchanges = Exchanges(base_url, headers, reach, clock)
        self._reach = reach
        self._clock = clock
        self._breaker = Breaker(clock.monotonic)
        self._allowance = Allowance(clock.monotonic)
        self._people = asyncio.Semaphore(reach.places)
        self._export = asyncio.Semaphore(reach.places)

    @property
    def budget(self) -> Budget:
        """Give what the PSA's last answer said of our calls a minute."""
        return self._allowance.budget

    async def send(self, request: Request) -> Reply:
        """Ask, and give the reply of whatever status, within the seconds of `Reach`.

        Raises PsaUnreachable or PsaRateLimited when nothing was sent, PsaUnavailable when nobody can tell.
        """
        if self._flaw:
            raise PsaUnreachable(self._flaw)
        patience = self._reach.read_seconds if request.is_read else self._reach.write_seconds
        deadline = _now() + patience
        async with self._place(request):
            return await (self._twice if request.is_read else self._once)(request, deadline)

    async def close(self) -> None:
        """Wait for the calls under way, then close, once. Calls that come later find no place."""
        for lane in (self._people, self._export):
            for _ in range(self._reach.places):
                await lane.acquire()
        await self._exchanges.close()

    @asynccontextmanager
    async def _place(self, request: Request) -> AsyncIterator[None]:
        """People's reads have places of their own, so that an export cannot starve a search."""
        lane = self._people if request.is_read and not request.for_export else self._export
        try:
            async with asyncio.timeout(self._reach.queue_seconds):
                await lane.acquire()
        except TimeoutError:
            raise PsaUnreachable("Too many calls to the PSA are under way.", retry_after_seconds=1) from None
        try:
            yield
        finally:
            lane.release()

    async def _twice(self, request: Request, deadline: float) -> Reply:
        try:
            reply = await self._once(request, deadline)
        except (PsaUnreachable, PsaUnavailable) as error:
            held_back_here = error.retry_after_seconds is not None
            if held_back_here or _now() + REPEAT_WITHIN >= deadline:
                raise
        else:
            if reply.status not in FAULTS or _now() + REPEAT_WITHIN >= deadline:
                return reply
        await self._clock.sleep(random.uniform(0, REPEAT_WITHIN))  # noqa: S311 - jitter, no secret
        return await self._once(request, deadline)

    async def _once(self, request: Request, deadline: float) -> Reply:
        self._allowance.claim()
        ticket = self._breaker.admit()
        outage = None
        try:
            reply = await self._exchanges.exchange(request, deadline - _now())
            outage = reply.status in FAULTS
        except (PsaUnreachable, PsaUnavailable):
            outage = True
            raise
        finally:
            self._breaker.settle(ticket, outage=outage)
        self._allowance.note(reply)
        return reply


def _now() -> float:
    return asyncio.get_running_loop().time()
