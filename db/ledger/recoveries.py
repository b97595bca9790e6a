"""Making a restored ledger safe: what it does not remember may have been sent all the same (reliability 3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from db.organizations import Organization
from db.upserts import insert_into

from .incarnations import RECOVERING, release, suspend
from .intents import DUE
from .queues import OPS, SENDERS
from .settlements import PARKED
from .tables import OpKind, OpState, OutboundSender
from .touching import moment, touched

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession, WriteSession

    from .claims import Claimed

NOT_LOOKED_UP = "RECOVERED"
OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many ops are in doubt now, and how many confirmed ones are to be looked up once more."""

    in_doubt: int
    to_audit: int


async def recover(session: WriteSession, since: datetime, now: datetime) -> Recovered:
    """Suspend exports and put in doubt whatever may have been sent unremembered; wants a unit over all organisations.

    Every open op is put in doubt, not only those touched after `since`: what a lost ledger touched cannot be seen in
    the one that was restored. Every confirmed entry is looked up once more, for a void of it may have been forgotten,
    however old it is; tickets, which nobody takes back, from `since` on.
    """
    await suspend(session, RECOVERING, now)
    await _remember(session, now)
    in_doubt: dict[str, Any] = {
        "state": OpState.UNKNOWN, "owner": None, "lease_until": None, "error_code": NOT_LOOKED_UP,
        "sends": OPS.c.sends + 1, "first_sent_at": func.coalesce(OPS.c.first_sent_at, moment(now)), "last_sent_at": now,
        "doubt_since": now, "not_before": now,
    }  # fmt: skip
    opened = update(OPS).where(OPS.c.state.in_(OPEN), OPS.c.not_before < PARKED).values(in_doubt)
    is_doubtful = (OPS.c.kind == OpKind.TIME) | ((OPS.c.kind == OpKind.TICKET) & (OPS.c.settled_at >= since))
    audited = update(OPS).where(OPS.c.state == OpState.CONFIRMED, is_doubtful).values(audit_at=now)
    return Recovered(await touched(session, opened), await touched(session, audited))


async def unreconciled(session: WriteSession) -> int:
    """Count the ops that a recovery put in doubt and nobody has looked up yet."""
    in_doubt = OPS.c.state.in_(OPEN), OPS.c.error_code == NOT_LOOKED_UP
    return await session.scalar(select(func.count()).select_from(OPS).where(*in_doubt)) or 0


async def is_from_before_a_recovery(session: ReadSession, op: Claimed) -> bool:
    """Tell whether nothing of an op was sent since the ledger was recovered: what the PSA has, a lost one has sent."""
    its = select(OutboundSender.recovered_at).where(OutboundSender.org_id == op.org_id)
    recovered_at = await session.scalar(its)
    return recovered_at is not None and op.last_sent_at is not None and op.last_sent_at <= recovered_at


async def let_go(session: WriteSession, now: datetime) -> None:
    """End the suspension: what is in doubt is looked up and, where the quarantine is over, sent."""
    found_nothing = OPS.c.state == OpState.UNKNOWN, OPS.c.not_before < PARKED
    await session.execute(update(OPS).where(*found_nothing).values(not_before=now))
    await release(session, now)


async def _remember(session: WriteSession, now: datetime) -> None:
    """Note it with every organisation, those included whose sending was forgotten altogether."""
    organizations = await session.scalars(select(Organization.org_id))
    rows = [{"org_id": org_id, "served_at": DUE, "rests_until": DUE} for org_id in organizations]
    if rows:
        await session.execute(insert_into(session, OutboundSender).on_conflict_do_nothing(), rows)
    await session.execute(update(SENDERS).values(recovered_at=now))
