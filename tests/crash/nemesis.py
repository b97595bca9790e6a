"""The nemesis: kills, freezes and starts workers, and hurts the PSA, all of it drawn from one seed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crash.workers import PACE, Variant, spawn

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from random import Random

    from tests.crash.workers import Post
    from tests.psa_sandbox import Sandbox, SandboxProcess

PLACES = ("claimed", "looked", "marked", "answered", "settling", "settled")
SCRIPTED, FROZEN = 0.6, 0.04  # of the workers started; the others live until the dice say otherwise
STRUCK, STOPPED, PSA_KILLED = 0.1, 0.002, 0.002  # of the moments
HURT = 0.2
MOMENT = 0.1
POST = {"method": "POST", "path": "/api/time-entries"}
LOOKUP = {"method": "GET", "path": "/api/time-entries"}
OPEN = {"method": "POST", "path": "/api/tickets"}
SEARCH = {"method": "GET", "path": "/api/tickets"}
REMOVE = {"method": "DELETE", "path": "/api/time-entries"}
HARM: list[dict[str, Any]] = [
    {"do": "refuse", "match": POST},
    {"do": "drop_before_commit", "match": POST},
    {"do": "drop_after_commit", "match": POST},
    {"do": "delay", "ms": 1000, "match": POST},
    {"do": "delay", "ms": 800, "when": "after", "match": POST},
    {"do": "rate_limit", "retryAfter": 1, "match": POST},
    {"do": "status", "status": 500, "match": POST},
    {"do": "status", "status": 500, "when": "after", "match": POST},
    {"do": "status", "status": 503, "when": "after", "match": POST},
    {"do": "garbage", "kind": "html", "match": POST},
    {"do": "garbage", "kind": "truncated", "match": POST},
    {"do": "garbage", "kind": "no_id", "match": POST},
    {"do": "list_lag", "ms": 300, "match": LOOKUP},
    {"do": "status", "status": 502, "match": LOOKUP},
    {"do": "drop_before_commit", "match": LOOKUP},
    {"do": "refuse", "match": OPEN},
    {"do": "drop_before_commit", "match": OPEN},
    {"do": "drop_after_commit", "match": OPEN},
    {"do": "delay", "ms": 1000, "match": OPEN},
    {"do": "delay", "ms": 800, "when": "after", "match": OPEN},
    {"do": "rate_limit", "retryAfter": 1, "match": OPEN},
    {"do": "status", "status": 500, "when": "after", "match": OPEN},
    {"do": "garbage", "kind": "no_id", "match": OPEN},
    {"do": "list_lag", "ms": 300, "match": SEARCH},
    {"do": "status", "status": 502, "match": SEARCH},
    {"do": "refuse", "match": REMOVE},
    {"do": "drop_before_commit", "match": REMOVE},
    {"do": "drop_after_commit", "match": REMOVE},
    {"do": "delay", "ms": 1000, "match": REMOVE},
    {"do": "rate_limit", "retryAfter": 1, "match": REMOVE},
    {"do": "status", "status": 500, "match": REMOVE},
    {"do": "status", "status": 503, "when": "after", "match": REMOVE},
]
# What each bad variant trips over: a lost answer, a lost request, a commit later than lease and patience.
SHARP: dict[Variant, list[dict[str, Any]]] = {
    Variant.SOUND: HARM,
    Variant.PLAIN_RETRY: [{"do": "drop_after_commit", "match": POST}],
    Variant.MARK_BEFORE_SEND: [{"do": "drop_before_commit", "match": POST}],
    Variant.SHORT_QUARANTINE: [{"do": "delay", "ms": 3000, "match": POST}],
    Variant.BLIND_TICKETS: [{"do": "drop_after_commit", "match": OPEN}],
    Variant.HOPEFUL_VOIDS: [{"do": "drop_before_commit", "match": REMOVE}],
}


@dataclass(slots=True)
class Victim:
    """A worker, what it is to die of, and when it is let go on if it froze."""

    process: ForkServerProcess
    script: str
    thaws_at: float = 0.0


class Nemesis:
    """Keeps so many workers alive, and none of them safe."""

    def __init__(self, post: Post, psa: SandboxProcess, sandbox: Sandbox, dice: Random, workers: int) -> None:
        self._post = post
        self._psa = psa
        self._sandbox = sandbox
        self._dice = dice
        self.deaths: Counter[str] = Counter()
        self.freezes = 0
        self._has_hurt = False
        self._victims = [self._born(is_safe=False) for _ in range(workers)]

    async def strike(self, *, may_kill: bool) -> None:
        """Let one moment pass: bury and replace the dead, and perhaps hurt somebody."""
        self._bury(is_safe=not may_kill)
        for victim in self._victims:
            if may_kill and self._dice.random() < STRUCK:
                self._signal(victim, signal.SIGKILL)
            elif self._dice.random() < STOPPED:
                self._freeze(victim)
        if self._dice.random() < HURT or not self._has_hurt:  # a short run is over before chance has struck
            self._has_hurt = True
            harm = SHARP[self._post.variant]
            chosen = self._dice.choices(harm, k=max(4, len(harm) // 4))
            await self._sandbox.faults(*({**rule, "times": 1, "skip": self._dice.randrange(3)} for rule in chosen))
        if self._dice.random() < PSA_KILLED:
            self.deaths["psa"] += 1
            await self._psa.kill()
            await self._psa.start()

    async def thaw(self) -> None:
        """Let go on, in time, who froze. Not in `strike`: what waits for a lock of the frozen never comes to that."""
        while True:
            for victim in self._victims:
                if time.monotonic() > victim.thaws_at:
                    self._signal(victim, signal.SIGCONT)
            await asyncio.sleep(MOMENT)

    async def relent(self) -> None:
        """Hurt nobody any more: all go on, and no worker that lives carries a script."""
        await self._sandbox.faults()
        for victim in self._victims:
            self._signal(victim, signal.SIGCONT)
            if victim.script:
                self._signal(victim, signal.SIGKILL)
                victim.process.join()
        self._bury(is_safe=True)

    def end(self) -> None:
        """End every worker."""
        for victim in self._victims:
            victim.process.kill()
            victim.process.join()

    @property
    def kills(self) -> int:
        """Count the workers that were killed, wherever."""
        return sum(self.deaths.values()) - self.deaths["psa"]

    def _bury(self, *, is_safe: bool) -> None:
        for number, victim in enumerate(self._victims):
            code = victim.process.exitcode
            if code is not None:
                assert code == -signal.SIGKILL, f"a worker ended by itself with {code}"
                self.deaths[victim.script.partition("=kill")[0] if "kill" in victim.script else "random"] += 1
                self._victims[number] = self._born(is_safe=is_safe)

    def _born(self, *, is_safe: bool) -> Victim:
        script, chance = "", self._dice.random()
        if not is_safe and chance < SCRIPTED:
            deed = "stop" if chance < FROZEN else "kill"
            script = f"export.{self._dice.choice(PLACES)}={deed}@{self._dice.randint(1, 5)}"
            self.freezes += deed == "stop"
        return Victim(spawn(self._post, script), script, time.monotonic() + self._while())

    def _freeze(self, victim: Victim) -> None:
        self.freezes += 1
        self._signal(victim, signal.SIGSTOP)
        victim.thaws_at = time.monotonic() + self._while()

    def _while(self) -> float:
        """Draw a time longer than the lease, every other one longer than lease and quarantine together."""
        longer = PACE.quarantine if self._dice.random() < 0.5 else 0.0
        return PACE.lease * 1.2 + longer + self._dice.random()

    def _signal(self, victim: Victim, number: signal.Signals) -> None:
        if victim.process.exitcode is None and victim.process.pid:
            with suppress(ProcessLookupError):  # it has just died of its script
                os.kill(victim.process.pid, number)
