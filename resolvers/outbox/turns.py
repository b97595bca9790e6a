"""One turn with one op: look it up if it may be out there, mark it, send it, settle it (reliability 3.2)."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from db.connections.commands import record_check
from db.connections.tables import CheckResult
from db.ledger.claims import Claimed, rest
from db.ledger.settlements import FINAL, Attempt, mark_sent, settle
from db.ledger.tables import AttemptKind
from psa.errors import PsaBadCredentials, PsaConflict, PsaError, PsaRateLimited, PsaUnavailable, PsaUnreachable
from resolvers.failpoints import reached

from .answers import Judge, Verdict, changed_nothing, is_final
from .errands import ERRANDS, Errand, Found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from psa.port import Psa

    from .outboxes import Outbox

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Turn:
    """A turn in progress. `claimed_at` is the ledger's time; what has passed since is measured here."""

    outbox: Outbox
    op: Claimed
    claimed_at: datetime
    attempts: list[Attempt] = field(default_factory=list)
    is_searchable: bool = True
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

    async def run(self) -> None:
        """Take the turn to its end."""
        reached("export.claimed")
        verdict = await self._verdict()
        reached("export.answered")
        if verdict is not None:
            await self._settle(verdict)
        reached("export.settled")

    async def _verdict(self) -> Verdict | None:
        """Return how the turn ends; None when the op was taken away before anything was sent."""
        try:
            psa = await self.outbox.psa_for(self.op.org_id)
            self._keep_reserve(psa)
            known = await self._known(psa)
            if known is not None:
                return known
            if not await self._mark():
                return None
            reached("export.marked")
            self._require_time()
        except PsaError as error:
            return self.judge.held_back(error)
        return await self._send(psa)

    async def _known(self, psa: Psa) -> Verdict | None:
        """Return the verdict on an op that may be out there, None when it may be sent.

        The PSA is probed before the first send, not after the first doubt.
        """
        if self.errand.look_up is None:
            return None
        lookups = await self.outbox.probes.lookups(self.op.org_id, lambda: self._in_time(psa.lookups()))
        self.is_searchable = self.errand.can_be_looked_up(lookups)
        if not self.op.may_be_out_there:
            return None
        if not self.is_searchable:
            return self.judge.parked()
        found = await self._look_up(psa, self.errand.look_up)
        if found:
            return self.judge.found(found)
        absent = self.judge.absent()
        is_quarantined = absent.outcome.not_before is not None and self.now < absent.outcome.not_before
        return absent if is_quarantined else None

    async def _mark(self) -> bool:
        async with self.outbox.database.write(self.op.org_id) as session:
            now = await self.outbox.clock(session)
            return await mark_sent(session, self.op, now)

    async def _send(self, psa: Psa) -> Verdict:
        """Send, and judge the answer."""
        try:
            found = await self._attempt(AttemptKind.SEND, self._sent(psa))
        except PsaError as error:
            return await self._unhappy(psa, error)
        return self.judge.found(found)

    async def _sent(self, psa: Psa) -> list[Found]:
        return [await self.errand.send(psa, self.op)]

    async def _unhappy(self, psa: Psa, error: PsaError) -> Verdict:
        """Judge an error: what may be there is looked up before a refusal is believed."""
        if changed_nothing(error):
            return self.judge.held_back(error)
        refused = is_final(error)
        look_up = self.errand.look_up if self.is_searchable else None
        if look_up is not None and (isinstance(error, PsaConflict) or (refused and self.op.may_be_out_there)):
            try:
                found = await self._look_up(psa, look_up)
            except PsaError as unanswered:
                return self.judge.doubtful(unanswered)
            if found:
                return self.judge.found(found)
        if refused:
            return self.judge.refused(error)
        return self.judge.doubtful(error) if self.is_searchable else self.judge.parked()

    async def _look_up(self, psa: Psa, look_up: Callable[[Psa, Claimed], Awaitable[list[Found]]]) -> list[Found]:
        return await self._attempt(AttemptKind.LOOKUP, look_up(psa, self.op))

    async def _attempt(self, kind: AttemptKind, call: Awaitable[list[Found]]) -> list[Found]:
        """Make a call and keep what it did and saw."""
        started_at = self.now
        try:
            found = await self._in_time(call)
        except PsaError as error:
            self.attempts.append(Attempt(kind, started_at, self.now, error.code, error.status, error.request_id))
            raise
        remote_id = found[0].remote_id if found else None
        outcome = "DONE" if kind is AttemptKind.SEND else "FOUND" if found else "ABSENT"
        self.attempts.append(Attempt(kind, started_at, self.now, outcome, remote_id=remote_id))
        return found

    async def _in_time(self, call: Awaitable[Answer]) -> Answer:
        """Hold a call to the total timeout that the lease is reckoned with."""
        try:
            async with asyncio.timeout(self.outbox.settings.total_timeout):
                return await call
        except TimeoutError:
            raise PsaUnavailable("The PSA did not answer in time.") from None

    def _keep_reserve(self, psa: Psa) -> None:
        """Leave the last calls of a minute to people. Raises PsaRateLimited."""
        budget = psa.budget
        if self.errand.is_urgent or budget.limit is None or budget.remaining is None or not budget.resets_in_seconds:
            return
        if budget.remaining <= budget.limit * self.outbox.settings.reserve:
            wait = math.ceil(budget.resets_in_seconds)
            raise PsaRateLimited("The rest of this minute's calls is kept for people.", retry_after_seconds=wait)

    def _require_time(self) -> None:
        """Check, directly before the write, that the lease will outlast it. Raises PsaUnreachable: nothing was sent."""
        settings = self.outbox.settings
        needed = timedelta(seconds=settings.total_timeout + settings.deadline_margin)
        if self.op.lease_until - self.now < needed:
            raise PsaUnreachable("Too little of the lease was left to send.")

    async def _settle(self, verdict: Verdict) -> None:
        async with self.outbox.database.write(self.op.org_id) as session:
            now = await self.outbox.clock(session)
            if verdict.rests_until is not None:
                await rest(session, self.op.org_id, verdict.rests_until)
            if verdict.outcome.error_code == PsaBadCredentials.code:
                refusal = verdict.outcome.error_message
                await record_check(session, self.op.org_id, CheckResult.BAD_CREDENTIALS, refusal, now=now)
            ours = await settle(session, self.op, verdict.outcome, self.attempts, now)
            if ours and verdict.outcome.state in FINAL:
                await self.errand.finish(session, self.op, verdict.found, now)
