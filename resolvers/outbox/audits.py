"""The audit: one more lookup of whatever was sent more than once, or by a ledger that was lost (reliability 3.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from db.ledger.audits import claim_audits, close_audit
from db.ledger.claims import rest
from db.ledger.settlements import Attempt, keep
from db.ledger.tables import AttemptKind, Attention
from psa.errors import PsaError

from .calls import Calls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .errands import Found
    from .outboxes import Outbox

# What one audit may take: whoever tends the ledger has other things to do, too. The rest is due again later.
AT_LENGTH = timedelta(seconds=5)


async def audit(outbox: Outbox) -> bool:
    """Look up the ops whose audit is due longest; False when none is. What gets no answer is due again later."""
    async with outbox.database.write(None) as session:
        now = await outbox.clock(session)
        again_at = now + timedelta(seconds=outbox.settings.lease + outbox.settings.max_backoff)
        ops = await claim_audits(session, now, again_at, is_recovering=outbox.is_recovering)
    for calls in await _suspects([Calls(outbox, op, now) for op in ops]):
        if calls.now - now > AT_LENGTH or not await _is_looked_up(calls):
            break
    return bool(ops)


async def _suspects(due: Sequence[Calls]) -> Sequence[Calls]:
    """Ask for many at once, close what is as it should be, and return the others: each gets a lookup of its own.

    After a recovery whatever was confirmed is due, and nearly all of it is well. Where this gets no answer all of them
    are suspects, unless the organisation has to rest.
    """
    many = [calls for calls in due if calls.errand.look_up_many]
    if not many[1:]:  # one is not many
        return due
    try:
        found = await _seen_at_once(many)
    except PsaError as error:
        return [] if await _put_off(many[0], error) else due
    well = {calls.op.id: calls for calls in many if _flaw(found.get(calls.op.id, ())) is None}
    async with many[0].outbox.database.write(many[0].op.org_id) as session:
        for calls in well.values():
            await close_audit(session, calls.op, calls.attempts, None)
    return [calls for calls in due if calls.op.id not in well]


async def _seen_at_once(many: Sequence[Calls]) -> Mapping[str, list[Found]]:
    """Return what the PSA has, by op; nothing where it cannot be searched. Raises PsaError."""
    first, ops = many[0], [calls.op for calls in many]
    psa = await first.outbox.psa_for(first.op.org_id)
    first.keep_reserve(psa)
    if first.errand.look_up_many is None or not await first.is_searchable(psa):
        return {}
    async with first.outbox.place(first.op.org_id):
        started_at = first.now
        found = await first.in_time(first.errand.look_up_many(psa, ops))
    for calls in many:
        for each in found[calls.op.id][:1]:
            seen = Attempt(AttemptKind.LOOKUP, started_at, first.now, "FOUND", remote_id=each.remote_id)
            calls.attempts.append(seen)
    return found


async def _is_looked_up(calls: Calls) -> bool:
    """Look one up and close its audit, or put it off; False when its organisation has to rest."""
    try:
        attention = await _seen(calls)
    except PsaError as error:
        return not await _put_off(calls, error)
    async with calls.outbox.database.write(calls.op.org_id) as session:
        await close_audit(session, calls.op, calls.attempts, attention)
    return True


async def _seen(calls: Calls) -> Attention | None:
    """Return what a person should look at. Raises PsaError."""
    psa = await calls.outbox.psa_for(calls.op.org_id)
    calls.keep_reserve(psa)
    if not await calls.is_searchable(psa):
        # Of what was sent once only a forgotten void is to be feared, and nobody could look at everything there is.
        return Attention.CANNOT_BE_LOOKED_UP if calls.op.sends > 1 else None
    return _flaw(await calls.look_up(psa))


def _flaw(found: Sequence[Found]) -> Attention | None:
    if not found:
        return Attention.MISSING_IN_PSA
    if len(found) > 1:
        return Attention.DUPLICATE_IN_PSA
    return None if found[0].unlike is None else Attention.REMOTE_MISMATCH


async def _put_off(calls: Calls, error: PsaError) -> bool:
    """Keep what was tried, and tell whether the organisation has to rest."""
    async with calls.outbox.database.write(calls.op.org_id) as session:
        await keep(session, calls.op, calls.attempts)
        until = calls.judge.held_back(error).rests_until
        if until is not None:
            await rest(session, calls.op.org_id, until)
    return until is not None
