"""The outbox: turns taken for requests that just put something down, and for the worker."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakValueDictionary

from db.ledger.claims import Own, claim, resume, sweep
from db.ledger.clocks import database_now
from db.ledger.dues import dues, look_at_the_ledger
from db.ledger.reads import outstanding
from psa.errors import PsaBadCredentials, PsaNotConfigured

from .clocks import WatchedClock
from .probes import Probes
from .settings import OutboxSettings
from .turns import Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from datetime import datetime

    from db.ledger.claims import Claimed
    from db.ledger.clocks import Clock
    from db.ledger.dues import Dues
    from db.session import Database, WriteSession
    from psa.port import Psa

LOOK_AGAIN = 0.1
OF_THE_CONNECTION = (PsaBadCredentials.code, PsaNotConfigured.code)

log = logging.getLogger(__name__)


class Outbox:
    """Brings ops of the ledger to the PSA, one turn at a time. Lives as long as the application, on its event loop."""

    def __init__(
        self,
        database: Database,
        psa_for: Callable[[str], Awaitable[Psa]],
        settings: OutboxSettings = OutboxSettings(),  # noqa: B008 - frozen
        *,
        clock: Clock = database_now,
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        """Take the ledger's database, the way to an organisation's PSA, and where time and chance come from."""
        self.database = database
        self.psa_for = psa_for
        self.settings = settings
        self.clock = WatchedClock(clock, monotonic)
        self.random = random
        self.is_recovering = False
        self.is_leaving = False
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.probes = Probes(settings.probe_lifetime)
        self._hands: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self.bells: list[Callable[[], None]] = []  # whoever takes turns in the background hangs theirs here
        self._running: set[asyncio.Task[None]] = set()
        self._awaited: dict[Own, list[asyncio.Task[None]]] = {}

    async def dues(self) -> Dues:
        """Look what there is to do, and take nothing."""
        async with self.database.read(None) as session:
            return await dues(session, await self.clock(session))

    async def survey(self) -> None:
        """Let the database see how much there is to do."""
        async with self.database.write(None) as session:
            await look_at_the_ledger(session)

    async def sweep(self) -> int:
        """Free ops whose owner died or stalled; return how many."""
        async with self.database.write(None) as session:
            return await sweep(session, await self.clock(session))

    async def turn(self, own: Own | None = None) -> bool:
        """Take one turn, with an op of one's own if so restricted; False when nothing was ready."""
        return await self.turns(lambda: False, own)

    async def turns(self, goes_on: Callable[[], bool], own: Own | None = None) -> bool:
        """Take turns until nothing is ready, or until told after one; False when there was none at all.

        What comes next is claimed in the unit that settles what is done.
        """
        async with self.database.write(None) as session:
            now, began = await self.clock(session), time.monotonic()
            op = await self.claim(session, now, own)
        turn = op and Turn(self, op, now, began=began, own=own, goes_on=goes_on)
        while turn:
            await turn.run()
            turn = turn.next
        return op is not None

    async def claim(self, session: WriteSession, now: datetime, own: Own | None) -> Claimed | None:
        """Take an op for the length of a lease."""
        lease = timedelta(seconds=self.settings.lease)
        return await claim(session, self.owner, now, lease, own, is_recovering=self.is_recovering)

    def place(self, org_id: str) -> asyncio.Semaphore:
        """Return what admits so many of an organisation's calls to the network at a time."""
        return self._places.setdefault(org_id, asyncio.Semaphore(self.settings.places))

    def hand(self, org_id: str) -> asyncio.Semaphore:
        """Return what admits so many of an organisation's ops to their marker and beyond at a time."""
        return self._hands.setdefault(org_id, asyncio.Semaphore(self.settings.in_hand))

    async def run_for(self, org_id: str, op_ids: Sequence[str], seconds: float) -> None:
        """Take turns with a request's ops until they are settled or the time is up.

        The turn in hand goes on without the waiting request, and the worker takes over what is left. Twins of a
        request wait for the turns of the first: fifty that look for the same work only keep the database from it.
        """
        own = Own(org_id, tuple(op_ids))
        lanes = self._awaited.get(own)
        if lanes is not None:
            await asyncio.wait(lanes, timeout=seconds)
            return
        deadline = asyncio.get_running_loop().time() + seconds
        lanes = [self._spawn(self._lane(own, deadline)) for _ in range(min(self.settings.lanes, len(own.op_ids)))]
        if not lanes:
            return
        self._awaited[own] = lanes
        try:
            await asyncio.wait(lanes, timeout=seconds)
        finally:
            del self._awaited[own]

    def may_arrive_until(self, sent_at: datetime) -> datetime:
        """Return when the quarantine of something that was sent then is over."""
        return self.clock.carried(sent_at) + timedelta(seconds=self.settings.quarantine)

    def ring(self) -> None:
        """Call for turns with what was put down and nobody waits for."""
        for bell in self.bells:
            bell()

    async def connection_changed(self, org_id: str) -> None:
        """Probe anew and end a rest: settings were saved, or their test went well."""
        self.probes.forget(org_id)
        async with self.database.write(org_id) as session:
            await resume(session, org_id, await self.clock(session), OF_THE_CONNECTION)

    def leave(self) -> None:
        """Claim nothing more for requests: what they wait for is taken on by whoever lives on."""
        self.is_leaving = True

    async def close(self, seconds: float = 20.0) -> None:
        """Let the turns in hand finish, for so long at most; what is cut off then is looked up later."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()

    async def _lane(self, own: Own, deadline: float) -> None:
        loop = asyncio.get_running_loop()

        def goes_on() -> bool:
            return loop.time() < deadline and not self.is_leaving

        while goes_on():
            if await self.turns(goes_on, own):
                continue
            if not await self._is_outstanding(own, deadline - loop.time()):
                return
            await asyncio.sleep(LOOK_AGAIN)

    async def _is_outstanding(self, own: Own, seconds: float) -> bool:
        async with self.database.write(None) as session:
            until = await self.clock(session) + timedelta(seconds=seconds)
            return await outstanding(session, own, until)

    def _spawn(self, lane: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(lane)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("outbox turn failed", exc_info=error)
