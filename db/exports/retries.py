"""Asking once more for what the PSA refused: a batch of its own, so that every old line stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from db import contracts, idempotency
from db.ledger.tables import OpState, OutboundOp
from db.refusals import ContractNotLinked

from .batches import Export, ExportPolicy, replayed
from .candidates import judge, listed
from .lines import batch_for
from .refusals import NothingToRetry
from .tables import ExportLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from db.session import WriteSession
    from db.viewers import Viewer

    from .batches import Requested
    from .tables import ExportBatch


async def retry(
    session: WriteSession, viewer: Viewer, batch_id: str, *, idempotency_key: str, now: datetime
) -> tuple[str, Requested]:
    """Put a batch's failed entries, as they are now, on their way to the contract that is linked now.

    Return the project's id and what came of it: a verdict on each failed line, in the batch's order. Raise
    ExportBatchNotFound, Forbidden, ContractNotLinked, IdempotencyKeyReused, InvalidInput, NothingToRetry or
    ExportQueueFull.
    """
    wished = idempotency.wish(idempotency_key, "retryExport", {"caller": viewer.user_id, "batch": batch_id})
    batch, project = await batch_for(session, viewer, batch_id)
    done = await idempotency.replay(session, viewer.org_id, wished)
    if done is not None:
        # Not those that failed by now: others of the batch may have been refused since.
        return project.id, await replayed(session, viewer, done, await _entries(session, batch))
    failed = await _entries(session, batch, OutboundOp.state == OpState.REJECTED)
    if not failed:
        raise NothingToRetry(batch_id)
    contract = await contracts.active_link(session, project)
    if contract is None:
        raise ContractNotLinked(project.id, project.client_id)
    found = await listed(session, viewer.org_id, failed)
    verdicts = await judge(session, viewer, project, failed, found)
    export = Export(session, viewer, project, contract, ExportPolicy.BEST_EFFORT, now)
    return project.id, await export.begin(wished, found, verdicts)


async def _entries(session: WriteSession, batch: ExportBatch, *conditions: ColumnElement[bool]) -> Sequence[str]:
    lines = (
        select(ExportLine.time_entry_id)
        .join(OutboundOp, (OutboundOp.org_id == ExportLine.org_id) & (OutboundOp.id == ExportLine.op_id))
        .where(ExportLine.org_id == batch.org_id, ExportLine.batch_id == batch.id, *conditions)
        .order_by(ExportLine.position)
    )
    return list(await session.scalars(lines))
