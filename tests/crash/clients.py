"""The client of a run: asks for exports, sometimes hears nothing, and asks again with the same key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.ledger.settlements import COMMIT_IN_DOUBT
from tests.crash.histories import Wish

if TYPE_CHECKING:
    from random import Random

    from db.session import Database
    from tests.crash.grounds import Ground

MOST = 12
UNLUCKY = 0.15


class Died(Exception):
    """The server died in the middle of the request (P0)."""


class Client:
    """Has so many lines to ask for, and keeps a log of what it asked and heard."""

    def __init__(self, database: Database, ground: Ground, dice: Random) -> None:
        self._database = database
        self._viewer = ground.place.viewer()
        self._dice = dice
        self._left = {project_id: list(entry_ids) for project_id, entry_ids in ground.entries.items()}
        self.wishes: list[Wish] = []
        self.asked = 0

    @property
    def is_done(self) -> bool:
        return not self._left

    async def ask(self) -> None:
        """Ask for some more lines of one project, until an answer is heard."""
        project_id = self._dice.choice(sorted(self._left))
        left = self._left[project_id]
        some = [left.pop() for _ in range(min(len(left), self._dice.randint(1, MOST)))]
        if not left:
            del self._left[project_id]
        wish = Wish(f"key-{len(self.wishes)}", tuple(some))
        self.wishes.append(wish)
        self.asked += len(some)
        while not wish.heard or wish.heard[-1][0] != "ok":
            wish.heard.append(await self._try(project_id, wish))

    async def _try(self, project_id: str, wish: Wish) -> tuple[str, str | None]:
        dies, goes_deaf = self._dice.random() < UNLUCKY, self._dice.random() < UNLUCKY
        try:
            batch = await self._send(project_id, wish, dies=dies)
        except Died:
            return "unknown", None
        except COMMIT_IN_DOUBT:  # a worker frozen in its unit holds SQLite's only lock
            return "fail", None
        return "unknown" if goes_deaf else "ok", batch

    async def _send(self, project_id: str, wish: Wish, *, dies: bool) -> str | None:
        said = {"policy": ExportPolicy.BEST_EFFORT, "idempotency_key": wish.key, "now": datetime.now(UTC)}
        async with self._database.write(self._viewer.org_id) as session:
            requested = await request(session, self._viewer, project_id, wish.entry_ids, **said)
            if dies:
                raise Died
        return requested.batch and requested.batch.id
