"""Asked first, before another product is: may this caller do it at all? The command itself asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.access import project_for, task_for

if TYPE_CHECKING:
    from db.access import Action

    from .context import Context


async def may_in_project(context: Context, project_id: str, action: Action) -> None:
    """Raise ProjectNotFound, Forbidden or ProjectArchived."""
    async with context.database.read(context.viewer.org_id) as session:
        await project_for(session, context.viewer, project_id, action)


async def may_with_task(context: Context, task_id: str, action: Action) -> None:
    """Raise TaskNotFound, Forbidden or ProjectArchived."""
    async with context.database.read(context.viewer.org_id) as session:
        await task_for(session, context.viewer, task_id, action)
