"""What tasks wait for: tasks of the same project, never in a circle; an order to plan by, which refuses no status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.base import new_id
from db.refusals import DependencyCycle, ListTooLong, TaskNotFound

from .tables import Task, TaskDependency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from db.session import WriteSession

MOST_DEPENDENCIES = 100


async def depend(session: WriteSession, task: Task, on_ids: Iterable[str]) -> dict[str, Any]:
    """Let a task wait for exactly these and return the change; raise TaskNotFound, DependencyCycle or ListTooLong."""
    wanted = list(dict.fromkeys(on_ids))
    if len(wanted) > MOST_DEPENDENCIES:
        raise ListTooLong("tasks that a task depends on", MOST_DEPENDENCIES)
    await _check_project(session, task, wanted)
    existing = await _of_project(session, task)
    own = {row.depends_on_id: row for row in existing if row.task_id == task.id}
    waits: dict[str, list[str]] = {}
    for row in existing:
        if row.task_id != task.id:
            waits.setdefault(row.task_id, []).append(row.depends_on_id)
    for on_id in wanted:
        _refuse_cycle(waits, task.id, on_id)
    for gone in own.keys() - wanted:
        await session.delete(own[gone])
    for on_id in wanted:
        if on_id not in own:
            session.add(
                TaskDependency(
                    org_id=task.org_id, id=new_id(TaskDependency.PREFIX), task_id=task.id, depends_on_id=on_id
                )
            )
    return {"depends_on_ids": {"from": sorted(own), "to": wanted}} if own.keys() != set(wanted) else {}


async def _check_project(session: WriteSession, task: Task, wanted: list[str]) -> None:
    found = await session.scalars(
        select(Task.id).where(Task.org_id == task.org_id, Task.project_id == task.project_id, Task.id.in_(wanted))
    )
    unknown = set(wanted) - set(found)
    if unknown:
        raise TaskNotFound(min(unknown))


async def _of_project(session: WriteSession, task: Task) -> list[TaskDependency]:
    found = await session.scalars(
        select(TaskDependency)
        .join(Task, (Task.org_id == TaskDependency.org_id) & (Task.id == TaskDependency.task_id))
        .where(Task.org_id == task.org_id, Task.project_id == task.project_id)
    )
    return list(found)


def _refuse_cycle(waits: Mapping[str, list[str]], task_id: str, on_id: str) -> None:
    """Walk from `on_id` along what it waits for; arriving at `task_id` closes a circle."""
    paths = [[task_id, on_id]]
    seen = set[str]()
    while paths:
        path = paths.pop()
        if path[-1] == task_id:
            raise DependencyCycle(path)
        if path[-1] not in seen:
            seen.add(path[-1])
            paths.extend([*path, further] for further in waits.get(path[-1], ()))
