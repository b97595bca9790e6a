"""A line, or a batch, to do something with: found, its project locked, and the caller allowed to export there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.access import Action, project_for
from db.ledger.tables import OutboundOp
from db.refusals import ExportBatchNotFound, ExportLineNotFound, ProjectNotFound

from .tables import ExportBatch, ExportLine

if TYPE_CHECKING:
    from db.projects.tables import Project
    from db.session import ReadSession, WriteSession
    from db.viewers import Viewer

    Session = ReadSession | WriteSession


async def batch_for(session: Session, viewer: Viewer, batch_id: str) -> tuple[ExportBatch, Project]:
    """Return a batch and its project. Raise ExportBatchNotFound or Forbidden."""
    batch = await session.get(ExportBatch, (viewer.org_id, batch_id))
    if batch is None:
        raise ExportBatchNotFound(batch_id)
    try:
        return batch, await project_for(session, viewer, batch.project_id, Action.EXPORT_TIME)
    except ProjectNotFound:
        raise ExportBatchNotFound(batch_id) from None


async def line_for(session: Session, viewer: Viewer, line_id: str) -> tuple[ExportLine, OutboundOp, Project]:
    """Return a line, its op as it is now, and its project. Raise ExportLineNotFound or Forbidden."""
    line = await session.get(ExportLine, (viewer.org_id, line_id))
    if line is None:
        raise ExportLineNotFound(line_id)
    try:
        _batch, project = await batch_for(session, viewer, line.batch_id)
    except ExportBatchNotFound:
        raise ExportLineNotFound(line_id) from None
    return line, await session.get_one(OutboundOp, (viewer.org_id, line.op_id), populate_existing=True), project
