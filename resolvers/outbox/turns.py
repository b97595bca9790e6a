"""One turn with one op: look it up if it may be out there, mark it, send it, settle it (reliability 3.2)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from db.connections.commands import record_check
from db.connections.tables import CheckResult
from db.ledger.claims import rest
from db.ledger.settlements import COMMIT_IN_DOUBT, FINAL, is_still_ours, mark_sent, settle
from db.ledger.tables import AttemptKind, OpState
from psa.errors import PsaBadCredentials, PsaConflict, PsaError, PsaUnreachable
from resolvers.failpoints import reached

from .answers import Verdict, changed_nothing, is_final
from .calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.ledger.claims import Own
    from psa.port import Psa

    from .errands import Found


@dataclass(slots=True)
class Turn(Calls):
    """A turn in progress."""

    own: Own | None = None
    goes_on: Callable[[], bool] = lambda: False
    can_look: bool = True
    next: Turn | None = None

    async def run(self) -> None:
        """Take the turn to its end."""
        reached("export.claimed")
        try:
            psa = await self.outbox.psa_for(self.op.org_id)  # which reads, and holds up nobody who could be sending
        except PsaError as error:
            verdict = self._unsent(error)
        else:
            # In the queue an op is claimed and not yet marked: its quarantine begins when its turn is near.
            async with self.outbox.hand(self.op.org_id):
                verdict = await self._verdict(psa)
            if verdict is not None and await self._is_of_an_old_key(verdict, psa):
                verdict = self.judge.at_once()
        reached("export.answered")
        if verdict is not None:
            await self._settle(verdict)
        reached("export.settled")

    async def _is_of_an_old_key(self, verdict: Verdict, psa: Psa) -> bool:
        """Tell whether a key was not taken that was replaced while the call was under way: the new one may well be."""
        if verdict.outcome.error_code != PsaBadCredentials.code:
            return False
        try:
            return await self.outbox.psa_for(self.op.org_id) != psa
        except PsaError:
            return False

    async def _verdict(self, psa: Psa) -> Verdict | None:
        """Return how the turn ends; None when the op was taken away before anything was sent."""
        try:
            self.keep_reserve(psa)
            known = await self._known(psa)
        except PsaError as error:
            return self._unsent(error)
        return known or await self._send(psa)

    def _unsent(self, error: PsaError) -> Verdict:
        return self.judge.unanswered(error) if self.outbox.is_recovering else self.judge.held_back(error)

    async def _known(self, psa: Psa) -> Verdict | None:
        """Return the verdict on an op that may be out there, None when it may be sent.

        The PSA is probed before the first send, not after the first doubt.
        """
        if self.errand.look_up is None:
            return self.judge.later() if self.outbox.is_recovering else None
        self.can_look = await self.is_searchable(psa)
        if not self.op.may_be_out_there:
            return None
        if not self.can_look:
            return self.judge.parked()
        found = await self.look_up(psa)
        reached("export.looked")
        if found:
            return self.judge.found(found)
        if self.outbox.is_recovering:
            return self.judge.later()
        absent = self.judge.absent(self.outbox.clock.carried(self.op.last_sent_at or self.now))
        return absent if (absent.outcome.not_before or self.now) > self.now else None

    async def _mark(self) -> bool:
        async with self.outbox.database.write(self.op.org_id) as session:
            now = await self.outbox.clock(session)
            is_ours = await mark_sent(session, self.op, now, audit_at=self._audit_at(now))
        if is_ours:
            reached("export.marked")
        return is_ours

    def _audit_at(self, now: datetime) -> datetime | None:
        return now + timedelta(seconds=self.outbox.settings.quarantine) if self.errand.look_up else None

    async def _send(self, psa: Psa) -> Verdict | None:
        """Mark, send, and judge the answer; None when the op was taken away before anything was sent.

        The marker is written before there is a place on the network, so that no place waits for the disk, and anew
        where the place was long in coming. Where a doubt needs a person it is written when the place is there: a
        process that dies in between leaves no more doubts than it must.
        """
        if self.can_look and not await self._mark():
            return None
        asked = time.monotonic()
        try:
            async with self.outbox.place(self.op.org_id):
                is_fresh = self.can_look and time.monotonic() - asked <= self.outbox.settings.fresh
                if not is_fresh and not await self._mark():
                    return None
                self._require_time()
                found = await self.attempt(AttemptKind.SEND, self._sent(psa))
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
        if self.can_look and (isinstance(error, PsaConflict) or (refused and self.op.may_be_out_there)):
            try:
                found = await self.look_up(psa)
            except PsaError as unanswered:
                return self.judge.doubtful(unanswered)
            if found:
                return self.judge.found(found)
        if refused:
            return self.judge.refused(error)
        return self.judge.doubtful(error) if self.can_look else self.judge.parked()

    def _require_time(self) -> None:
        """Check, directly before the write, that the lease will outlast it. Raises PsaUnreachable: nothing was sent."""
        settings = self.outbox.settings
        needed = timedelta(seconds=settings.total_timeout + settings.deadline_margin)
        if self.op.lease_until - self.now < needed:
            raise PsaUnreachable("Too little of the lease was left to send.")

    async def _settle(self, verdict: Verdict) -> None:
        """Write the end down; a commit nobody could answer for is read back, and repeated where nothing was kept."""
        try:
            taken = await self._write(verdict, may_go_on=verdict.outcome.state is OpState.CONFIRMED and self.goes_on())
        except COMMIT_IN_DOUBT:
            async with self.outbox.database.write(self.op.org_id) as session:
                is_lost = await is_still_ours(session, self.op)
            if is_lost:
                await self._write(verdict)
        else:
            self.next = taken

    async def _write(self, verdict: Verdict, *, may_go_on: bool = False) -> Turn | None:
        """Settle, and take the next op with the same commit; one that went badly leaves that to a unit of its own."""
        async with self.outbox.database.write(self.op.org_id) as session:
            now, began = await self.outbox.clock(session), time.monotonic()
            if verdict.rests_until is not None:
                await rest(session, self.op.org_id, verdict.rests_until)
            if verdict.outcome.error_code == PsaBadCredentials.code:
                refusal = verdict.outcome.error_message
                await record_check(session, self.op.org_id, CheckResult.BAD_CREDENTIALS, refusal, now=now)
            audit_at = self._audit_at(now)
            ours = await settle(session, self.op, verdict.outcome, self.attempts, now, audit_at=audit_at)
            if ours and verdict.outcome.state in FINAL:
                await self.errand.finish(session, self.op, verdict.found, now)
            op = await self.outbox.claim(session, now, self.own) if may_go_on else None
            reached("export.settling")
        return op and type(self)(self.outbox, op, now, began=began, own=self.own, goes_on=self.goes_on)
