"""What subscribers wait for: in each process one look a moment at everything that is followed, however many follow it.

A process rings for itself when it commits; what other processes commit is seen at the next look, a second later. Of
what moved in between a follower sees the last state only, so nothing ever queues for one who reads slowly.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from db.exports.progress import progress
from db.pulses import pulses

from .mishaps import Mishaps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from db.session import Database

EVERY = 1.0  # seconds between two looks, when this process commits nothing
BREATH = 0.1  # seconds between two looks, when it commits all the time
AT_ONCE = 500

log = logging.getLogger(__name__)


class Kind(Enum):
    """What can be followed, and how many of them are looked at in one statement."""

    BATCH = "BATCH"
    PROJECT = "PROJECT"


LOOKS: dict[Kind, Any] = {Kind.BATCH: progress, Kind.PROJECT: pulses}
Key = tuple[Kind, str, str]


@dataclass(slots=True)
class Following:
    """One thing that is followed: its version, and a bell for the next one."""

    version: Any = None
    followers: int = 0
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def move(self, version: Any) -> None:
        """Take the version that was seen, and ring if it is another."""
        if version != self.version:
            self.version = version
            self.bell.set()
            self.bell = asyncio.Event()

    async def moved(self, seen: Any) -> None:
        """Wait until the version is another than the one seen."""
        while self.version == seen:
            await self.bell.wait()


class Followings:
    """Everything that is followed in this process. Lives as long as the application, on its event loop."""

    def __init__(self, database: Database, every: float = EVERY) -> None:
        """Take the database that is looked at, and the seconds from one look to the next."""
        self._database = database
        self._every = every
        self._followed: dict[Key, Following] = {}
        self._watch: asyncio.Task[None] | None = None
        self._mishaps = Mishaps(log)

    @asynccontextmanager
    async def following(self, kind: Kind, org_id: str, id_: str) -> AsyncIterator[Following]:
        """Follow a thing of an organisation; its version is one that was seen after the call."""
        key = kind, org_id, id_
        followed = self._followed.setdefault(key, Following())
        followed.followers += 1
        try:
            await self._look([key])
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._go_on())
            yield followed
        finally:
            followed.followers -= 1
            if not followed.followers:
                del self._followed[key]

    async def aclose(self) -> None:
        """Look no more."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def _go_on(self) -> None:
        while self._followed:
            self._database.written.clear()
            try:
                await self._look(sorted(self._followed, key=_kind))
            except Exception as error:  # noqa: BLE001 - a database that is away for a minute must not end the watch
                self._mishaps.tell("what is followed could not be looked at", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._database.written.wait(), self._every)
            await asyncio.sleep(BREATH)

    async def _look(self, keys: Iterable[Key]) -> None:
        for kind, of_kind in groupby(keys, key=lambda key: key[0]):
            places = [key[1:] for key in of_kind]
            for start in range(0, len(places), AT_ONCE):
                async with self._database.read(None) as session:
                    versions = await LOOKS[kind](session, places[start : start + AT_ONCE])
                for place, version in versions.items():
                    if followed := self._followed.get((kind, *place)):
                        followed.move(version)


def _kind(key: Key) -> str:
    return key[0].value
