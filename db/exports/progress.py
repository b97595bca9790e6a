"""How far batches are, many of them in one statement: for those who follow them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_

from db.ledger.tables import OutboundOp

from .rules import Counts, counted
from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.ledger.tables import OpState
    from db.session import ReadSession


async def progress(session: ReadSession, batches: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Counts]:
    """Count the lines of batches by what became of them; batches are organisation and id."""
    line, op = ExportLine, OutboundOp
    of_state = (
        select(line.org_id, line.batch_id, op.state, func.count().label("lines"))
        .join(op, (line.org_id == op.org_id) & (line.op_id == op.id))
        .where(tuple_(line.org_id, line.batch_id).in_(batches))
        .group_by(line.org_id, line.batch_id, op.state)
    )
    lines: dict[tuple[str, str], dict[OpState, int]] = defaultdict(dict)
    for row in await session.execute(of_state):
        lines[row.org_id, row.batch_id][row.state] = row.lines
    return {batch: counted(lines[batch]) for batch in batches}
