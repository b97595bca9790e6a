"""Calls to the PSA for one op: each in time, each kept as an attempt, none at the cost of people's share."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from db.ledger.recoveries import is_from_before_a_recovery
from db.ledger.settlements import Attempt
from db.ledger.tables import AttemptKind
from psa.errors import PsaError, PsaUnavailable

from .answers import Judge
from .errands import ERRANDS, Errand, Found
from .reserves import keep_reserve

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from db.ledger.claims import Claimed
    from psa.port import Lookups, Psa

    from .outboxes import Outbox

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Calls:
    """The calls made for an op in hand. `claimed_at` is the ledger's time; what has passed since is measured here."""

    outbox: Outbox
    op: Claimed
    claimed_at: datetime
    attempts: list[Attempt] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """Return the ledger's time as it must be by now."""
        return self.claimed_at + timedelta(seconds=time.monotonic() - self.began)

    @property
    def errand(self) -> Errand:
        """Return what is done for this kind of op."""
        return ERRANDS[self.op.kind]

    @property
    def judge(self) -> Judge:
        """Return who says what an answer means now."""
        return Judge(self.op, self.outbox.settings, self.now, self.outbox.random())

    async def is_searchable(self, psa: Psa) -> bool:
        """Tell whether this PSA can be searched for this kind of op. Raises PsaError."""

        async def probe() -> Lookups:
            async with self.outbox.place(self.op.org_id):
                return await self.in_time(psa.lookups())

        return self.errand.can_be_looked_up(await self.outbox.probes.lookups(self.op.org_id, probe))

    async def look_up(self, psa: Psa) -> list[Found]:
        """Return what the PSA has under the op's reference; nothing where such ops are not looked up.

        A lost ledger may have numbered on where the restored one begins: what it may have sent is looked for under
        all references of its subject.
        """
        look_up = self.errand.look_up
        if look_up is None:
            return []
        if self.errand.look_around is not None and await self._is_from_before_a_recovery():
            look_up = self.errand.look_around
        async with self.outbox.place(self.op.org_id):
            return await self.attempt(AttemptKind.LOOKUP, look_up(psa, self.op))

    async def _is_from_before_a_recovery(self) -> bool:
        async with self.outbox.database.read(self.op.org_id) as session:
            return await is_from_before_a_recovery(session, self.op)

    async def attempt(self, kind: AttemptKind, call: Awaitable[list[Found]]) -> list[Found]:
        """Make a call, for which there is a place, and keep what it did and saw."""
        started_at = self.now
        try:
            found = await self.in_time(call)
        except PsaError as error:
            self.attempts.append(Attempt(kind, started_at, self.now, error.code, error.status, error.request_id))
            raise
        remote_id = found[0].remote_id if found else None
        outcome = "DONE" if kind is AttemptKind.SEND else "FOUND" if found else "ABSENT"
        self.attempts.append(Attempt(kind, started_at, self.now, outcome, remote_id=remote_id))
        return found

    async def in_time(self, call: Awaitable[Answer]) -> Answer:
        """Hold a call to the total timeout that the lease is reckoned with."""
        try:
            async with asyncio.timeout(self.outbox.settings.total_timeout):
                return await call
        except TimeoutError:
            raise PsaUnavailable("The PSA did not answer in time.") from None

    def keep_reserve(self, psa: Psa) -> None:
        """Leave the last calls of a minute to people. Raises PsaRateLimited."""
        if not self.errand.is_urgent:
            keep_reserve(psa.budget, self.outbox.settings.reserve)
