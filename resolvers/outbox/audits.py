"""The audit: one more lookup, after the quarantine, of whatever was sent more than once (reliability 3.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from db.ledger.audits import claim_audit, close_audit
from db.ledger.claims import rest
from db.ledger.settlements import keep
from db.ledger.tables import Attention
from psa.errors import PsaError

from .calls import Calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .errands import Found
    from .outboxes import Outbox


async def audit(outbox: Outbox) -> bool:
    """Look up the op whose audit is due longest; False when none is. One without an answer is looked up again later."""
    async with outbox.database.write(None) as session:
        now = await outbox.clock(session)
        again_at = now + timedelta(seconds=outbox.settings.lease + outbox.settings.max_backoff)
        op = await claim_audit(session, now, again_at, is_recovering=outbox.is_recovering)
    if op is None:
        return False
    calls = Calls(outbox, op, now)
    try:
        attention = await _seen(calls)
    except PsaError as error:
        await _put_off(calls, error)
        return True
    async with outbox.database.write(op.org_id) as session:
        await close_audit(session, op, calls.attempts, attention)
    return True


async def _seen(calls: Calls) -> Attention | None:
    """Return what a person should look at. Raises PsaError."""
    psa = await calls.outbox.psa_for(calls.op.org_id)
    calls.keep_reserve(psa)
    if not await calls.is_searchable(psa):
        return Attention.CANNOT_BE_LOOKED_UP
    return _flaw(await calls.look_up(psa))


def _flaw(found: Sequence[Found]) -> Attention | None:
    if not found:
        return Attention.MISSING_IN_PSA
    if len(found) > 1:
        return Attention.DUPLICATE_IN_PSA
    return None if found[0].unlike is None else Attention.REMOTE_MISMATCH


async def _put_off(calls: Calls, error: PsaError) -> None:
    async with calls.outbox.database.write(calls.op.org_id) as session:
        await keep(session, calls.op, calls.attempts)
        until = calls.judge.held_back(error).rests_until
        if until is not None:
            await rest(session, calls.op.org_id, until)
