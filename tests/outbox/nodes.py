"""Two nodes of one ledger whose clock is moved by hand, at the pace of real ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resolvers.outbox.settings import OutboxSettings
from tests.outbox.stage import Hands

if TYPE_CHECKING:
    from resolvers.outbox.outboxes import Outbox
    from tests.outbox.stage import Stage

PACE = OutboxSettings()
MINUTES = 300.0
FORWARD, BACK, THERE_AND_BACK, BACK_AND_AGAIN = (MINUTES,), (-MINUTES,), (MINUTES, -MINUTES), (-MINUTES, MINUTES)
DANGEROUS = [FORWARD, BACK_AND_AGAIN]
WHERE = [(place, jumps) for place in ("claimed", "marked", "answered", "settling") for jumps in DANGEROUS]
WHERE += [("marked", BACK), ("marked", THERE_AND_BACK)]
POST = {"method": "POST", "path": "/api/time-entries"}
LATE: dict[str, Any] = {"do": "delay", "ms": 900, "match": POST, "times": 1}  # our patience ends after 0.4 s


@dataclass(slots=True)
class Nodes:
    """Two nodes of one ledger, whose clock stands until it is moved; both have been running for a while."""

    stage: Stage
    hands: Hands = field(default_factory=Hands)
    both: list[Outbox] = field(default_factory=list)

    async def start(self) -> None:
        self.both = [self.stage.outbox(PACE, clock=self.hands, random=lambda: 0.5) for _ in range(2)]
        for node in self.both:
            await node.dues()

    async def export(self, *faults: dict[str, Any]) -> None:
        await self.stage.export(await self.stage.entries(1), now=self.hands.at)
        await self.stage.sandbox.faults(*faults)

    async def work(self) -> None:
        """Let each node do what is due now."""
        for node in self.both:
            await node.sweep()
            await node.turn()

    async def work_for(self, seconds: float, step: float = 10.0) -> None:
        """Let time pass, and the nodes work in it."""
        for _ in range(int(seconds / step)):
            self.hands.move(step)
            await self.work()

    async def sent(self) -> int:
        """Return how many sends the PSA has received."""
        return len(await self.stage.calls("POST"))

    async def is_kept(self) -> bool:
        return bool(await self.stage.kept())
