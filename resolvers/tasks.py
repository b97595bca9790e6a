"""Creating and changing tasks. No ticket is touched: nothing syncs by itself (the seed)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.tasks import commands
from db.tasks.tables import Task

from .inputs import said
from .wishes import begin, wish

if TYPE_CHECKING:
    from .context import Context


async def create_task(context: Context, asked: Any) -> dict[str, Any]:
    """Add a task to a project, once for an idempotency key."""
    wished, values = wish(context, "createTask", asked), said(asked, "project_id", "idempotency_key")
    async with context.database.write(context.viewer.org_id) as session:
        task_id, replayed = await begin(session, context, wished, Task.PREFIX)
        if not replayed:
            await commands.create(session, context.viewer, asked.project_id, values, now=context.now, task_id=task_id)
    return {"task_id": task_id, "replayed": replayed}


async def update_task(context: Context, asked: Any) -> dict[str, Any]:
    """Change what is given of a task."""
    values = said(asked, "task_id")
    async with context.database.write(context.viewer.org_id) as session:
        task = await commands.update(session, context.viewer, asked.task_id, values, now=context.now)
    return {"task_id": task.id}
