"""What of the ledger is due: one look that locks nothing, so that an idle node costs its database next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, literal_column, select, text

from .audits import is_due
from .claims import is_stalled
from .queues import NOW, OPS, SENDERS, WAITING

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Dues:
    """Whether somebody died over an op, whether an audit is due, and whether an op's time to be sent has come.

    That an op is ready does not promise that it can be claimed: another of its order key may be on its way.
    `is_unknown` tells that PostgreSQL's picture of the ledger is out of date.
    """

    is_stalled: bool
    is_audit_due: bool
    is_ready: bool
    is_unknown: bool = False


_IS_AWAKE = exists().where(SENDERS.c.org_id == OPS.c.org_id, SENDERS.c.rests_until <= NOW)
# PostgreSQL looks at a table that has grown once a minute, and until then reads all that waits to claim one line of it.
_GROWN = """EXISTS (SELECT FROM pg_stat_user_tables WHERE relid = 'outbound_ops'::regclass
    AND n_mod_since_analyze > greatest(500, n_live_tup / 2))"""
_LOOK = text("ANALYZE (SKIP_LOCKED) outbound_ops, outbound_senders, export_lines")
_DUES = select(
    exists().where(is_stalled(NOW)),
    exists().where(is_due(NOW)),
    exists().where(OPS.c.state.in_(WAITING), OPS.c.not_before <= NOW, _IS_AWAKE),
)


async def dues(session: ReadSession, now: datetime) -> Dues:
    """Return what is due."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    statement = _DUES.add_columns(literal_column("false" if is_sqlite else _GROWN))
    return Dues(*(await session.execute(statement, {"now": now})).one())


async def look_at_the_ledger(session: WriteSession) -> None:
    """Let PostgreSQL see how much there is, unless another node has it do so already."""
    await session.execute(_LOOK)
