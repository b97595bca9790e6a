"""The client of a run: asks for exports, tickets and removals, sometimes hears nothing, and asks again with its key."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.escalations import requests as escalations
from db.escalations.requests import Addresses, Form
from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.exports.tables import ExportLine
from db.exports.voids import enqueue_void
from db.ledger.settlements import COMMIT_IN_DOUBT
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.tickets import TicketPriority
from tests.crash.histories import Wish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from db.session import Database, WriteSession
    from tests.crash.grounds import Ground

    Deed = Callable[[WriteSession], Awaitable[str | None]]

MOST, A_LOOK = 12, 40
UNLUCKY = 0.15
ADDRESSES = Addresses("https://projects.test/tasks", "https://psa.test/tickets")


class Died(Exception):
    """The server died in the middle of the request (P0)."""


class Client:
    """Has so many lines to ask for, some to take back, tasks to escalate; keeps a log of what it asked and heard."""

    def __init__(self, database: Database, ground: Ground, seed: int) -> None:
        self._database = database
        self._viewer = ground.place.viewer()
        # When lines arrive is not the seed's to say: what is drawn for removals must not shift what is drawn for asks.
        self._dice, self._dice_of_voids = Random(seed), Random(-seed)  # noqa: S311 - chance that can be played again
        self._left = {project_id: list(entry_ids) for project_id, entry_ids in ground.entries.items()}
        self._lines = sum(map(len, ground.entries.values()))
        self._tasks, self._escalated = ground.tasks, 0
        self._unwanted = ground.unwanted
        self._regretted: deque[str] = deque()
        self.wishes: list[Wish] = []
        self.asked = 0

    @property
    def is_done(self) -> bool:
        return not self._left

    async def ask(self) -> None:
        """Ask for some more lines of one project, until an answer is heard, and for a like share of the tickets."""
        project_id = self._dice.choice(sorted(self._left))
        left = self._left[project_id]
        some = [left.pop() for _ in range(min(len(left), self._dice.randint(1, MOST)))]
        if not left:
            del self._left[project_id]
        await self._insist(OpKind.TIME, some, partial(self._export, project_id, some), self._dice)
        self.asked += len(some)
        self._regretted += (entry_id for entry_id in some if entry_id in self._unwanted)
        while self._escalated * self._lines < len(self._tasks) * self.asked:
            task_id = self._tasks[self._escalated]
            self._escalated += 1
            await self._insist(OpKind.TICKET, [task_id], partial(self._escalate, task_id), self._dice)

    async def take_back(self) -> int:
        """Ask for the removal of what was not wanted and has arrived meanwhile; return how many it was."""
        looked_at = [self._regretted.popleft() for _ in range(min(A_LOOK, len(self._regretted)))]
        arrived = await self._arrived(looked_at)
        self._regretted += (entry_id for entry_id in looked_at if entry_id not in arrived)
        for line_id in arrived.values():
            await self._insist(OpKind.VOID, [line_id], partial(self._void, line_id), self._dice_of_voids)
        return len(arrived)

    async def take_the_rest_back(self) -> int:
        """Ask for the removal of all that has arrived; return how many it was."""
        return sum([await self.take_back() for _ in range(len(self._regretted) // A_LOOK + 1)])

    async def _insist(
        self, kind: OpKind, about: Sequence[str], deed: Callable[..., Awaitable[str | None]], dice: Random
    ) -> None:
        wish = Wish(kind, f"key-{len(self.wishes)}", tuple(about))
        self.wishes.append(wish)
        while not wish.heard or wish.heard[-1][0] != "ok":
            wish.heard.append(await self._try(partial(deed, wish.key), dice))

    async def _try(self, deed: Deed, dice: Random) -> tuple[str, str | None]:
        dies, goes_deaf = dice.random() < UNLUCKY, dice.random() < UNLUCKY
        try:
            told = await self._done(deed, dies=dies)
        except Died:
            return "unknown", None
        except COMMIT_IN_DOUBT:  # a worker frozen in its unit holds SQLite's only lock
            return "fail", None
        return "unknown" if goes_deaf else "ok", told

    async def _done(self, deed: Deed, *, dies: bool) -> str | None:
        async with self._database.write(self._viewer.org_id) as session:
            told = await deed(session)
            if dies:
                raise Died
        return told

    async def _export(self, project_id: str, entry_ids: Sequence[str], key: str, session: WriteSession) -> str | None:
        said = {"policy": ExportPolicy.BEST_EFFORT, "idempotency_key": key, "now": datetime.now(UTC)}
        requested = await request(session, self._viewer, project_id, entry_ids, **said)
        return requested.batch and requested.batch.id

    async def _escalate(self, task_id: str, key: str, session: WriteSession) -> str:
        form, now = Form(f"Stuck: {task_id}", TicketPriority.HIGH, "It hit a wall."), datetime.now(UTC)
        asked = await escalations.request(session, self._viewer, task_id, form, ADDRESSES, idempotency_key=key, now=now)
        return asked.op_id

    async def _void(self, line_id: str, key: str, session: WriteSession) -> str:
        said = {"reason": "Not ours to bill", "idempotency_key": key, "now": datetime.now(UTC)}
        return (await enqueue_void(session, self._viewer, line_id, **said)).op_id

    async def _arrived(self, entry_ids: Sequence[str]) -> dict[str, str]:
        """Return the lines of those entries that are confirmed, {entry: line}."""
        lines = select(ExportLine.time_entry_id, ExportLine.id).join(OutboundOp, OutboundOp.id == ExportLine.op_id)
        arrived = ExportLine.time_entry_id.in_(entry_ids), OutboundOp.state == OpState.CONFIRMED
        async with self._database.read(self._viewer.org_id) as session:
            return {row.time_entry_id: row.id for row in await session.execute(lines.where(*arrived))}
