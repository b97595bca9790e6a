"""What has become of the ops behind a request's lines, as the ledger tells it now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.ledger.reads import shown_code, shown_message
from db.ledger.tables import OutboundOp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.ledger.tables import OpState
    from db.session import ReadSession, WriteSession

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """An op's state, the PSA's id of what it made, and why it is not confirmed."""

    state: OpState
    remote_id: str | None
    error_code: str | None
    error_message: str | None


async def outcomes(session: ReadSession | WriteSession, org_id: str, op_ids: Sequence[str]) -> dict[str, Outcome]:
    """Return the outcomes of ops by their ids; what waits with all the others while exports are suspended says so."""
    found: dict[str, Outcome] = {}
    columns = OutboundOp.id, OutboundOp.state, OutboundOp.remote_id, shown_code(OutboundOp), shown_message(OutboundOp)
    for start in range(0, len(op_ids), AT_ONCE):
        chosen = select(*columns).where(OutboundOp.org_id == org_id, OutboundOp.id.in_(op_ids[start : start + AT_ONCE]))
        found |= {row[0]: Outcome(*row[1:]) for row in await session.execute(chosen)}
    return found
