"""What of the ledger is due: one look that locks nothing, so that an idle node costs its database next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from .audits import is_due
from .claims import is_stalled
from .queues import NOW, OPS, SENDERS, WAITING

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession


@dataclass(frozen=True, slots=True)
class Dues:
    """Whether somebody died over an op, whether an audit is due, and whether an op's time to be sent has come.

    That an op is ready does not promise that it can be claimed: another of its order key may be on its way.
    """

    is_stalled: bool
    is_audit_due: bool
    is_ready: bool


_IS_AWAKE = exists().where(SENDERS.c.org_id == OPS.c.org_id, SENDERS.c.rests_until <= NOW)
_DUES = select(
    exists().where(is_stalled(NOW)),
    exists().where(is_due(NOW)),
    exists().where(OPS.c.state.in_(WAITING), OPS.c.not_before <= NOW, _IS_AWAKE),
)


async def dues(session: ReadSession, now: datetime) -> Dues:
    """Return what is due."""
    return Dues(*(await session.execute(_DUES, {"now": now})).one())
