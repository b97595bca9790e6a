"""Noticing that the database is older than it was: a mark in it, and the same mark beside the configuration (P10)."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from db.ledger.clocks import database_now
from db.ledger.incarnations import advance

if TYPE_CHECKING:
    from pathlib import Path

    from db.ledger.clocks import Clock
    from db.session import Database

EVERY = 10.0

log = structlog.get_logger()


class Incarnation:
    """What this node remembers of the ledger: how far it had come, in a file that no restore of the database touches.

    A restore is noticed when it takes the ledger back by more than the seconds between two marks.
    """

    def __init__(self, database: Database, path: Path, clock: Clock = database_now, every: float = EVERY) -> None:
        """Take the ledger's database, the file, the ledger's clock, and the seconds from one mark to the next."""
        self._database = database
        self._path = path
        self._clock = clock
        self._every = every
        self._next = 0.0

    async def check(self) -> bool:
        """Compare and move on, once; False when the ledger has gone back, and is suspended therefore.

        To be awaited before a worker starts.
        """
        async with self._database.write(None) as session:
            mark = await advance(session, self._remembered(), await self._clock(session))
        if mark is None:
            log.error("the ledger is older than remembered: exports are suspended until `ledger recover`")
            return False
        self._remember(mark)
        self._next = time.monotonic() + self._every
        return True

    async def check_in_time(self) -> None:
        """Compare and move on where it is time to: what a worker does again and again."""
        if time.monotonic() >= self._next:
            await self.check()

    def _remembered(self) -> datetime | None:
        return datetime.fromisoformat(self._path.read_text("ascii").strip()) if self._path.exists() else None

    def _remember(self, mark: datetime) -> None:
        """Replace the file in one step, so that no crash leaves half of it."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        fresh.write_text(mark.isoformat(), "ascii")
        fresh.replace(self._path)
