"""Creating and changing milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.milestones import commands

from .inputs import said

if TYPE_CHECKING:
    from .context import Context


async def create_milestone(context: Context, asked: Any) -> dict[str, Any]:
    """Add a milestone to a project."""
    values = said(asked, "project_id")
    async with context.database.write(context.viewer.org_id) as session:
        milestone = await commands.create(session, context.viewer, asked.project_id, values, now=context.now)
    return {"milestone_id": milestone.id}


async def update_milestone(context: Context, asked: Any) -> dict[str, Any]:
    """Change what is given of a milestone."""
    values = said(asked, "milestone_id")
    async with context.database.write(context.viewer.org_id) as session:
        milestone = await commands.update(session, context.viewer, asked.milestone_id, values, now=context.now)
    return {"milestone_id": milestone.id}
