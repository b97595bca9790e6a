"""Logging, correcting, deleting and deciding on time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.time_entries import approvals, commands
from db.time_entries.tables import TimeEntry

from .inputs import said
from .levels import Level, Part
from .wishes import begin, wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.refusals import Refusal

    from .context import Context


@dataclass(slots=True)
class Decision(Part):
    """What became of one id of a list that was decided on."""

    time_entry_id: str
    changed: bool
    refusal: Refusal | None


async def log_time(context: Context, asked: Any) -> dict[str, Any]:
    """Log time in a project, once for an idempotency key."""
    wished, values = wish(context, "logTime", asked), said(asked, "project_id", "idempotency_key")
    async with context.database.write(context.viewer.org_id) as session:
        entry_id, replayed = await begin(session, context, wished, TimeEntry.PREFIX)
        if not replayed:
            await commands.log(
                session, context.viewer, asked.project_id, values,
                today=context.today, now=context.now, entry_id=entry_id,
            )  # fmt: skip
    return {"entry_id": entry_id, "replayed": replayed}


async def update_time_entry(context: Context, asked: Any) -> dict[str, Any]:
    """Change what is given of a time entry."""
    values = said(asked, "time_entry_id")
    async with context.database.write(context.viewer.org_id) as session:
        entry = await commands.edit(session, context.viewer, asked.time_entry_id, values, now=context.now)
    return {"entry_id": entry.id}


async def delete_time_entry(context: Context, asked: Any) -> dict[str, Any]:
    """Delete a time entry."""
    async with context.database.write(context.viewer.org_id) as session:
        entry = await commands.delete(session, context.viewer, asked.time_entry_id, now=context.now)
    return {"deleted_id": entry.id, "project_id": entry.project_id}


async def approve_time_entries(context: Context, asked: Any) -> dict[str, Any]:
    """Approve entries, each with a verdict of its own."""
    async with context.database.write(context.viewer.org_id) as session:
        verdicts = await approvals.approve(session, context.viewer, asked.time_entry_ids, now=context.now)
    return _decided(verdicts)


async def reject_time_entries(context: Context, asked: Any) -> dict[str, Any]:
    """Reject entries, each with a verdict of its own."""
    async with context.database.write(context.viewer.org_id) as session:
        verdicts = await approvals.reject(session, context.viewer, asked.time_entry_ids, asked.reason, now=context.now)
    return _decided(verdicts)


def _decided(verdicts: Sequence[approvals.Verdict]) -> dict[str, Any]:
    level = Level()
    return {"results": [Decision(level, each.entry_id, each.changed, each.refusal) for each in verdicts]}
