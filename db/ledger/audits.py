"""The second look at what was sent twice, or by a ledger that was lost: the PSA has it once, or a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, exists, func, select, tuple_, update

from .claims import Claimed, in_hand
from .incarnations import IS_SUSPENDED
from .queues import OPS, SENDERS
from .settlements import Attempt, keep
from .tables import Attention, OpKind, OpState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement

    from db.session import WriteSession

AT_ONCE = 100  # so many references the PSA is asked for in one call


def is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return whether an op should be looked up once more, and its organisation's exports do not rest."""
    is_awake = exists().where(SENDERS.c.org_id == OPS.c.org_id, SENDERS.c.rests_until <= now)
    return and_(OPS.c.audit_at <= now, OPS.c.state == OpState.CONFIRMED, OPS.c.kind != OpKind.VOID, is_awake)


async def claim_audits(
    session: WriteSession, now: datetime, until: datetime, *, is_recovering: bool = False
) -> list[Claimed]:
    """Take the confirmed ops whose audit is due longest, of one organisation, as many as one call can ask about.

    They are due again at `until` if nobody closes them.
    """
    due = is_due(now) if is_recovering else is_due(now) & ~IS_SUSPENDED
    longest = select(OPS.c.org_id, OPS.c.id).where(due).order_by(OPS.c.audit_at)
    # The first is locked before the others are looked for: who meets somebody goes to the next organisation.
    first = longest.limit(1).with_for_update(skip_locked=True).cte("first")
    of_its_org = longest.where(OPS.c.org_id == select(first.c.org_id).scalar_subquery())
    pick = of_its_org.limit(AT_ONCE).with_for_update(of=OPS, skip_locked=True).cte("pick")
    of_pick = tuple_(OPS.c.org_id, OPS.c.id).in_(select(pick.c.org_id, pick.c.id))
    taken = await session.execute(update(OPS).where(of_pick).values(audit_at=until).returning(*OPS.c))
    return [in_hand(row) for row in taken.mappings()]


async def unaudited(session: WriteSession) -> int:
    """Count the confirmed ops that are still to be looked up once more, now or later."""
    waits = OPS.c.state == OpState.CONFIRMED, OPS.c.audit_at.is_not(None), OPS.c.kind != OpKind.VOID
    return await session.scalar(select(func.count()).select_from(OPS).where(*waits)) or 0


async def close_audit(
    session: WriteSession, audited: Claimed, attempts: Sequence[Attempt], attention: Attention | None
) -> None:
    """Write down what the audit saw; `attention` None leaves what was said before. A later send reopens it.

    Of what was taken back meanwhile nothing is missing.
    """
    await keep(session, audited, attempts)
    its = OPS.c.org_id == audited.org_id, OPS.c.id == audited.id, OPS.c.audit_at == audited.audit_at
    closed = update(OPS).where(*its).values(audit_at=None)
    if attention is Attention.MISSING_IN_PSA:
        is_gone = OPS.c.state == OpState.VOIDED
        closed = closed.values(needs_attention=case((is_gone, OPS.c.needs_attention), else_=attention))
    elif attention:
        closed = closed.values(needs_attention=attention)
    await session.execute(closed)
