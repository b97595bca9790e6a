"""What an answer of the PSA means for the op that asked (reliability 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from db.ledger.recoveries import NOT_LOOKED_UP
from db.ledger.settlements import PARKED, Outcome
from db.ledger.tables import Attention, OpState
from psa.errors import Effect, PsaBadCredentials, PsaError, PsaNotConfigured, PsaRejected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from db.ledger.claims import Claimed

    from .errands import Found
    from .settings import OutboxSettings

IN_DOUBT = "OUTCOME_UNKNOWN"
REFUSED = "PSA_REJECTED"
# The PSA's own reasons that have a name of their own here (domain 8.4, 8).
NAMED_REASONS = {"already_invoiced": "PSA_ENTRY_INVOICED"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a turn ends: the ledger's outcome, what was found, and until when the organisation's exports rest."""

    outcome: Outcome
    found: Found | None = None
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns answers into verdicts for one op at one moment; `chance` is a random share from 0 to 1."""

    op: Claimed
    settings: OutboxSettings
    now: datetime
    chance: float

    def found(self, found: Sequence[Found]) -> Verdict:
        """Judge what the PSA has under the op's reference; there is at least one."""
        same = [each for each in found if each.unlike is None]
        if not same:
            others = "; ".join(f"of {each.remote_id}, {each.unlike}" for each in found)
            message = f"What the PSA has is not what was sent: {others}."
            return self._in_doubt(self._slowly, message, mismatch=True)
        twins = Attention.DUPLICATE_IN_PSA if len(found) > 1 else None
        return Verdict(Outcome(OpState.CONFIRMED, remote_id=same[0].remote_id, needs_attention=twins), found=same[0])

    def absent(self, sent_at: datetime) -> Verdict:
        """Judge a lookup that found nothing while a request may still be under way since then."""
        until = sent_at + timedelta(seconds=self.settings.quarantine)
        if self.op.is_in_doubt_for_a_day(self.now):
            until = self.now + timedelta(seconds=self.settings.slow_lookup)
        return Verdict(Outcome(OpState.UNKNOWN, not_before=until, error_code=IN_DOUBT))

    def later(self) -> Verdict:
        """Judge an op that nothing is known of while a recovery only looks."""
        until = self.now + timedelta(seconds=self.settings.slow_lookup)
        return Verdict(Outcome(OpState.UNKNOWN, not_before=until, error_code=IN_DOUBT))

    def unanswered(self, error: PsaError) -> Verdict:
        """Judge an op that a recovery could not look up: it stays one that has to be."""
        verdict = self.held_back(error)
        return replace(verdict, outcome=replace(verdict.outcome, error_code=NOT_LOOKED_UP))

    def parked(self) -> Verdict:
        """Judge a doubt that cannot be looked up: a person has to."""
        return Verdict(
            Outcome(
                OpState.UNKNOWN,
                not_before=PARKED,
                error_code=IN_DOUBT,
                error_message="This PSA cannot be searched by reference: look there, then tell resolveUnknownExport"
                " what you have seen.",
                needs_attention=Attention.CANNOT_BE_LOOKED_UP,
            )
        )

    def doubtful(self, error: PsaError) -> Verdict:
        """Judge a write that may or may not have happened."""
        return self._in_doubt(self._soon, error.message)

    def refused(self, error: PsaError) -> Verdict:
        """Judge a refusal for good, with no earlier attempt in doubt."""
        code = NAMED_REASONS.get(_reason(error) or "", REFUSED)
        return Verdict(Outcome(OpState.REJECTED, error_code=code, error_message=error.message))

    def held_back(self, error: PsaError) -> Verdict:
        """Judge an attempt that surely changed nothing: the op is as it was before, only later."""
        rest = self._rest(error)
        outcome = Outcome(
            OpState.UNKNOWN if self.op.may_be_out_there else OpState.PENDING,
            not_before=rest or self._soon,
            error_code=error.code,
            error_message=error.message,
            never_left=True,
            counts=rest is None,
        )
        return Verdict(outcome, rests_until=rest)

    def at_once(self) -> Verdict:
        """Judge an attempt that surely changed nothing and whose reason is gone: the next may be made right now."""
        state = OpState.UNKNOWN if self.op.may_be_out_there else OpState.PENDING
        return Verdict(Outcome(state, not_before=self.now, never_left=True, counts=False))

    @property
    def _soon(self) -> datetime:
        if self.op.is_in_doubt_for_a_day(self.now):
            return self.now + timedelta(seconds=self.settings.slow_lookup)
        return self.now + self.settings.backoff(self.op.attempts, self.chance)

    @property
    def _slowly(self) -> datetime:
        return self.now + timedelta(seconds=self.settings.max_backoff)

    def _rest(self, error: PsaError) -> datetime | None:
        """Return until when nothing of this organisation will pass: a wish of the PSA, a key it does not take."""
        if isinstance(error, PsaBadCredentials | PsaNotConfigured):
            return self._slowly
        wait = error.retry_after_seconds
        return None if wait is None else self.now + timedelta(seconds=min(wait, self.settings.max_backoff))

    def _in_doubt(self, until: datetime, message: str, *, mismatch: bool = False) -> Verdict:
        why = Attention.REMOTE_MISMATCH if mismatch else None
        return Verdict(Outcome(OpState.UNKNOWN, until, error_code=IN_DOUBT, error_message=message, needs_attention=why))


def is_final(error: PsaError) -> bool:
    """Tell whether the PSA refused for good; a reason that has a name is one whatever status it came with."""
    return error.effect is Effect.REFUSED or _reason(error) in NAMED_REASONS


def changed_nothing(error: PsaError) -> bool:
    """Tell whether the same request may surely be sent again."""
    return error.effect in (Effect.NOT_SENT, Effect.NOT_APPLIED)


def _reason(error: PsaError) -> str | None:
    return error.reason if isinstance(error, PsaRejected) else None
