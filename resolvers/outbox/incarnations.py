"""Noticing that the database is older than it was: a mark in it, and the same mark beside the configuration (P10)."""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime
from typing import TYPE_CHECKING

from db.ledger.clocks import database_now
from db.ledger.incarnations import advance, suspension

if TYPE_CHECKING:
    from pathlib import Path

    from db.ledger.clocks import Clock
    from db.session import Database

EVERY = 10.0
TO_DO = "python app.py ledger recover --since <when the backup was taken>"

log = logging.getLogger(__name__)


class Incarnation:
    """What this node remembers of the ledger: how far it had come, in a file that no restore of the database touches.

    A restore is noticed when it takes the ledger back by more than the seconds between two marks.
    """

    def __init__(
        self, database: Database, path: Path | None, clock: Clock = database_now, every: float = EVERY
    ) -> None:
        """Take the ledger's database, the file, the ledger's clock, and the seconds from one mark to the next.

        Without a file a node notices no restore, but hears of one that another node has noticed.
        """
        self._database = database
        self._path = path
        self._clock = clock
        self._every = every
        self._next = 0.0
        self._told: str | None = None

    async def check(self) -> bool:
        """Compare and move on, once; False while exports are suspended, as they are once the ledger has gone back.

        To be awaited before a worker starts.
        """
        if self._path is None:
            async with self._database.read(None) as session:
                why = await suspension(session)
        else:
            async with self._database.write(None) as session:
                mark = await advance(session, _remembered(self._path), await self._clock(session))
                why = await suspension(session)
            if mark is not None:
                _remember(self._path, mark)
        self._next = time.monotonic() + self._every
        self._tell(why)
        return why is None

    async def check_in_time(self) -> None:
        """Compare and move on where it is time to: what a worker does again and again."""
        if time.monotonic() >= self._next:
            await self.check()

    def _tell(self, why: str | None) -> None:
        """Say in the log, once each, that exports are suspended and that they go on."""
        if why is not None and why != self._told:
            log.error("exports are suspended", extra={"why": why, "to_do": TO_DO})
        elif why is None and self._told is not None:
            log.warning("exports go on")
        self._told = why


def _remembered(path: Path) -> datetime | None:
    return datetime.fromisoformat(path.read_text("ascii").strip()) if path.exists() else None


def _remember(path: Path, mark: datetime) -> None:
    """Replace the file in one step, so that no crash leaves half of it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(mark.isoformat(), "ascii")
    fresh.replace(path)
