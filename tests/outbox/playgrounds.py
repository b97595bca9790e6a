"""Where the state machine plays: the real ledger, outbox and PSA, a clock that is moved, workers that stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.exports.rules import batch_counts
from db.exports.tables import ExportBatch, ExportLine
from db.exports.voids import enqueue_void
from db.ledger.settlements import look_again
from db.organizations import Role
from db.refusals import Refusal
from db.time_entries import approvals, commands
from psa.connections import PsaConnections
from psa.reach import Clock, Reach
from resolvers.outbox.audits import audit
from resolvers.outbox.outboxes import Outbox
from resolvers.outbox.settings import OutboxSettings
from resolvers.outbox.turns import Turn
from tests import given
from tests.outbox.stage import Hands, Stage, contract_of, set_stage

if TYPE_CHECKING:
    from db.session import Database
    from resolvers.outbox.answers import Verdict
    from tests.psa_sandbox import Sandbox

SETTINGS = OutboxSettings()
# A call is given up after a moment of real time; all other waiting is the clock's, which is moved.
REACH = Reach(allow_private=True, write_seconds=0.1, read_seconds=0.5)
LATE_MS = 160
POST, DELETE, LIST = ({"method": method, "path": "/api/time-entries"} for method in ("POST", "DELETE", "GET"))
ANSWERS: dict[str, dict[str, Any]] = {
    "refuses the line": {"do": "refuse", "match": POST},
    "drops before": {"do": "drop_before_commit", "match": POST},
    "drops after": {"do": "drop_after_commit", "match": POST},
    "fails after": {"do": "status", "status": 500, "when": "after", "match": POST},
    "is late": {"do": "delay", "ms": LATE_MS, "match": POST},
    "mumbles": {"do": "garbage", "kind": "html", "match": POST},
    "says no": {"do": "status", "status": 422, "match": POST},
    "wants a pause": {"do": "rate_limit", "retryAfter": 30, "match": POST},
    "does not know the key": {"do": "status", "status": 401, "match": POST},
    "drops the removal": {"do": "drop_after_commit", "match": DELETE},
    "cannot be searched now": {"do": "status", "status": 502, "match": LIST},
}


class Died(BaseException):
    """The worker's process ended here."""


class Stalled(Turn):
    """A turn that stops, where it was told to, until it is let go on: the process was frozen."""

    async def _mark(self) -> bool:
        await self.outbox.playground.pass_by("marking")  # pyright: ignore[reportAttributeAccessIssue]
        return await Turn._mark(self)

    async def _settle(self, verdict: Verdict) -> None:
        await self.outbox.playground.pass_by("settling")  # pyright: ignore[reportAttributeAccessIssue]
        await Turn._settle(self, verdict)


@dataclass(slots=True)
class Playground:
    """One organisation's stage with a clock, and what the worker is to meet."""

    stage: Stage
    hands: Hands
    entries: list[str] = field(default_factory=list)
    projects: dict[str, str] = field(default_factory=dict)
    dies_at: str | None = None
    stalls_at: str | None = None
    frozen: asyncio.Task[Any] | None = None
    thaw: asyncio.Event = field(default_factory=asyncio.Event)
    is_late: bool = False
    late_until: float = 0.0
    keys: int = 0

    def outbox(self) -> Outbox:
        """Return a worker's outbox as a process that has just started has it; it carries the playground."""
        own = {"clock": self.hands, "monotonic": self.hands.monotonic}
        made = Outbox(self.stage.database, self.stage.psa_for, SETTINGS, random=lambda: 0.5, **own)
        made.playground = self  # pyright: ignore[reportAttributeAccessIssue]
        return made

    async def pass_by(self, place: str) -> None:
        """Stop here, if this is where it was to stop."""
        if self.stalls_at == place:
            self.stalls_at = None
            await self.thaw.wait()

    def reached(self, place: str) -> None:
        """Die here, if this is where it was to die."""
        if place == self.dies_at:
            self.dies_at = None
            raise Died

    async def turn(self, dies_at: str | None = None) -> None:
        """Take a turn, or die in it."""
        self.dies_at = dies_at
        try:
            await self.outbox().turn()
        except Died:
            pass
        finally:
            self.dies_at = None
            if self.is_late:
                self.late_until = asyncio.get_running_loop().time() + 2 * LATE_MS / 1000

    async def freeze(self, place: str) -> None:
        """Take a turn that stops at a place, and leave it there."""
        self.stalls_at, self.thaw = place, asyncio.Event()
        self.frozen = asyncio.create_task(self.outbox().turn())
        while self.stalls_at and not self.frozen.done():
            await asyncio.sleep(0.001)
        self.stalls_at = None

    async def resume(self) -> None:
        """Let the frozen one go on."""
        if self.frozen:
            self.thaw.set()
            await self.frozen
            self.frozen = None

    async def move(self, seconds: float) -> None:
        """Move the clock; what the PSA does late is done before the quarantine could be over."""
        loop = asyncio.get_running_loop()
        if seconds > SETTINGS.lease:
            await asyncio.sleep(max(0.0, self.late_until - loop.time()))
        self.hands.move(seconds)

    async def answer(self, how: str) -> None:
        """Let the PSA's next call end so."""
        self.is_late = how == "is late"
        await self.stage.sandbox.faults({**ANSWERS[how], "times": 1})

    async def export(self, entry_id: str) -> None:
        """Ask for an entry; whether it may go is for the rules to say."""
        self.keys += 1
        said: dict[str, Any] = {"policy": ExportPolicy.BEST_EFFORT, "idempotency_key": f"key-{self.keys}"}
        viewer, project_id = self.stage.place.viewer(), self.projects[entry_id]
        async with self.stage.database.write(self.stage.place.org) as session:
            await request(session, viewer, project_id, [entry_id], now=self.hands.at, **said)

    async def edit(self, entry_id: str, hours: str) -> bool:
        """Correct an entry; False where it is locked."""
        viewer = self.stage.place.viewer()
        return await self._tried(
            lambda s: commands.edit(s, viewer, entry_id, {"hours": Decimal(hours)}, now=self.hands.at)
        )

    async def approve(self, entry_id: str) -> None:
        """Approve an entry."""
        viewer = self.stage.place.viewer()
        await self._tried(lambda s: approvals.approve(s, viewer, [entry_id], now=self.hands.at))

    async def void(self, entry_id: str) -> bool:
        """Take the entry's newest line back; False where there is nothing to take."""
        self.keys += 1
        said: dict[str, Any] = {"reason": "Wrong", "idempotency_key": f"key-{self.keys}", "now": self.hands.at}
        async with self.stage.database.read(self.stage.place.org) as session:
            lines = select(ExportLine.id).where(ExportLine.time_entry_id == entry_id).order_by(ExportLine.id.desc())
            line_id = await session.scalar(lines.limit(1))
        viewer = self.stage.place.viewer()
        return bool(line_id) and await self._tried(lambda s: enqueue_void(s, viewer, str(line_id), **said))

    async def look_again(self) -> None:
        """A person wants everything that waits to be looked at now."""
        org, ops = self.stage.place.org, await self.stage.ops()
        async with self.stage.database.write(org) as session:
            await look_again(session, org, [op.id for op in ops], self.hands.at)

    async def tend(self) -> None:
        """Sweep and audit."""
        await self.outbox().sweep()
        await audit(self.outbox())

    async def batches(self) -> list[tuple[int, int]]:
        """Return of each batch how many lines it has, and how many its counts add up to."""
        org = self.stage.place.org
        async with self.stage.database.write(org) as session:
            ids = list(await session.scalars(select(ExportBatch.id)))
            lines = list(await session.scalars(select(ExportLine.batch_id)))
            return [(lines.count(each), (await batch_counts(session, org, each)).total) for each in ids]

    async def moves(self) -> list[tuple[str, str]]:
        """Return every move of a state that the database has noted."""
        said = text("SELECT was, became FROM crash_moves JOIN outbound_ops o ON o.id = op_id WHERE org_id = :org")
        async with self.stage.database.read(None) as session:
            return [(row.was, row.became) for row in await session.execute(said, {"org": self.stage.place.org})]

    async def _tried(self, deed: Any) -> bool:
        async with self.stage.database.write(self.stage.place.org) as session:
            try:
                await deed(session)
            except Refusal:
                return False
        return True


async def opened(database: Database, sandbox: Sandbox) -> Playground:
    """Set the stage anew: two contracts, two approved entries on each, and nothing asked for."""
    stage, hands = await set_stage(database, sandbox), Hands()
    stage.roads = PsaConnections(REACH, Clock(monotonic=lambda: hands.at.timestamp()))  # noqa: PLW0108 - `at` moves
    play, owner = Playground(stage, hands), stage.place.users[Role.OWNER]
    other, terms = given.project(stage.place.organization, owner), contract_of(stage.place.org, 2)
    link = given.contract_link(other, owner, psa_contract_id=terms["id"], contract_number=terms["number"])
    await given.stored(database, other, link)
    for project in (stage.place.project, other):
        for entry in await stage.entries(2, of=project):
            play.entries.append(entry.id)
            play.projects[entry.id] = project.id
    return play
