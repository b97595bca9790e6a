"""The worker: takes turns with whatever is ready, as long as the application lives."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from .mishaps import Mishaps
from .outbox.audits import audit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .outbox.incarnations import Incarnation
    from .outbox.outboxes import Outbox

log = logging.getLogger(__name__)


class Worker:
    """Sweeps and takes turns, several at a time. Runs from `start` to `stop`, in the application's event loop."""

    def __init__(self, outbox: Outbox, incarnation: Incarnation | None = None) -> None:
        """Take the outbox whose turns are to be taken, and what this node remembers of the ledger."""
        self._outbox = outbox
        self._incarnation = incarnation
        self._stopping = asyncio.Event()
        self._bells = [asyncio.Event() for _ in range(outbox.settings.lanes + 1)]
        self._resting: dict[asyncio.Event, None] = {}  # by their bells, who rests longest first
        self._tasks: list[asyncio.Task[None]] = []
        self._mishaps = Mishaps(log)

    def start(self) -> None:
        """Begin. Needs a running event loop."""
        outbox = self._outbox
        outbox.bells.append(self.wake)
        deeds: list[Callable[[], Awaitable[object]]] = [self._tend, *[self._turns] * outbox.settings.lanes]
        # Who tends looks for work, too, and the lanes sleep until then: an idle node asks its database once a moment.
        patience = [outbox.settings.poll_interval, *[None] * outbox.settings.lanes]
        self._tasks = [
            asyncio.create_task(self._go_on(*each)) for each in zip(deeds, self._bells, patience, strict=True)
        ]

    def wake(self) -> None:
        """Look for work now: something was put down."""
        for bell in self._bells:
            bell.set()

    def leave(self) -> None:
        """Claim nothing more."""
        self._stopping.set()
        self.wake()

    async def stop(self, seconds: float = 20.0) -> None:
        """Claim nothing more, and finish the turns in hand within so many seconds.

        A turn that is cut off leaves its op marked as sent; it is swept and looked up by whoever lives on.
        """
        self.leave()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _tend(self) -> bool:
        """Do what is nobody's turn: notice a restored ledger, free what the dead held, audit."""
        if self._incarnation is not None:
            await self._incarnation.check_in_time()
        dues = await self._outbox.dues()
        if dues.is_unknown:
            await self._outbox.survey()
        if dues.is_stalled:
            await self._outbox.sweep()
        if dues.is_stalled or dues.is_ready:
            self._call()
        return dues.is_audit_due and await audit(self._outbox)

    def _call(self) -> None:
        """Have one lane that rests look for work; it wakes the others once it has found some."""
        bell = next(iter(self._resting), None)
        if bell is not None:
            bell.set()

    async def _turns(self) -> bool:
        """Take turns; who finds work wakes the other lanes, once."""
        lanes = iter(self._bells[1:])

        def goes_on() -> bool:
            for bell in lanes:
                bell.set()
            return not self._stopping.is_set()

        return await self._outbox.turns(goes_on)

    async def _go_on(self, deed: Callable[[], Awaitable[object]], bell: asyncio.Event, patience: float | None) -> None:
        """Do a deed until told to stop: at once again where there was something to do, else at the bell or later."""
        while not self._stopping.is_set():
            bell.clear()
            try:
                busy = await deed()
            except Exception as error:  # noqa: BLE001 - a database that is away for a minute must not end the worker
                self._mishaps.tell("outbox turn failed", error)
                busy = False
            if not busy and not self._stopping.is_set():
                await self._idle(bell, patience)

    async def _idle(self, bell: asyncio.Event, patience: float | None) -> None:
        self._resting[bell] = None
        with suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), patience)
        del self._resting[bell]
