"""The limit, by rows: plain statements, and their rows shaped by Python that was written for one document."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from db.pages import read_cursor, write_cursor

from .lateral import DEEP, ENTITIES, HEALTH
from .statements import PAGE, PROJECT, statement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Fetch = Callable[..., Awaitable[list[Any]]]

BOARD = statement(PROJECT)
MOST = 20
TINY = statement("SELECT p.id, p.name FROM projects p WHERE p.org_id = $1 AND p.id = $2 AND visible(p)")
MILESTONES = statement(
    "SELECT m.project_id, m.id, m.name, m.due_date FROM milestones m WHERE m.org_id = $1 AND m.project_id = ANY ($2)"
    " ORDER BY coalesce(m.due_date, '9999-12-31'), m.id"
)


async def board(fetch: Fetch, asked: dict[str, Any]) -> Any:
    """Shape one project's board."""
    rows = await fetch(BOARD, asked["id"])
    if not rows:
        return {"project": None}
    tasks = [
        {"id": id_, "name": name, "status": status, "priority": priority, "dueDate": due,
         "ticketLink": {"ticketNumber": number, "ticketUrl": url} if number is not None else None}
        for _, _, id_, name, status, priority, due, number, url in rows
    ]  # fmt: skip
    return {"project": {"id": rows[0][0], "name": rows[0][1], "tasks": {"nodes": tasks}}}


def lists(first: int) -> Callable[..., Awaitable[Any]]:
    """Return what shapes a page of so many projects with their milestones."""
    page = statement(PAGE.format(more=first + 1))

    async def shape(fetch: Fetch, asked: dict[str, Any]) -> Any:
        rows = await fetch(page, read_cursor(asked["after"], PROJECTS, 0, 1))
        shown = rows[:first] if rows[0][1] is not None else []
        below: dict[str, list[Any]] = {row[1]: [] for row in shown}
        for project, id_, name, due in await fetch(MILESTONES, list(below), everybody=True):
            below[project].append({"id": id_, "name": name, "dueDate": due})
        edges = [
            {"cursor": write_cursor(PROJECTS, [id_]), "node": {
                "id": id_, "number": number, "name": name, "status": status, "progressPercent": progress, "dueDate": due,
                "client": {"id": client, "name": called} if client is not None else None,
                "contractLink": {"contractNumber": contract} if contract is not None else None,
                "milestones": below[id_],
            }}
            for _, id_, number, name, status, progress, due, client, called, contract in shown
        ]  # fmt: skip
        info = {"hasNextPage": len(rows) > first, "endCursor": edges[-1]["cursor"] if edges else None}
        return {"projects": {"edges": edges, "pageInfo": info, "totalCount": rows[0][0]}}

    return shape


async def deep(fetch: Fetch, asked: dict[str, Any]) -> Any:
    """Shape twenty projects with twenty tasks each."""
    edges: list[Any] = []
    last, tasks = None, []
    for project, name, status, id_, task, state, priority, due, number, title, url in await fetch(
        DEEP, read_cursor(asked["after"], PROJECTS, 0, 1)
    ):
        if project != last:
            last, tasks = project, []
            edges.append({"node": {"id": project, "name": name, "status": status, "tasks": {"nodes": tasks}}})
        link = {"ticketNumber": number, "ticketTitle": title, "ticketUrl": url} if number is not None else None
        tasks.append(
            {"id": id_, "name": task, "status": state, "priority": priority, "dueDate": due, "ticketLink": link}
        )
    return {"projects": {"edges": edges}}


async def health(fetch: Fetch, asked: dict[str, Any]) -> Any:
    """Shape the health of fifty clients."""
    name, key = (read_cursor(asked["after"], CLIENTS_BY_NAME, place, 2) for place in (0, 1))
    return {"commandCenter": {"nodes": [
        {"client": {"id": id_, "name": called}, "health": {
            "activeProjects": active, "overdueProjects": overdue,
            "averageProgress": round(progress / active, 1) if active else None,
            "overdueMilestones": late, "atRiskProjects": at_risk,
        }}
        for id_, called, active, overdue, progress, late, at_risk in await fetch(HEALTH, name, key, today())
    ]}}  # fmt: skip


async def tiny(fetch: Fetch, asked: dict[str, Any]) -> Any:
    """Shape one project's name."""
    rows = await fetch(TINY, asked["id"])
    return {"project": {"id": rows[0][0], "name": rows[0][1]} if rows else None}


async def entities(fetch: Fetch, asked: dict[str, Any]) -> Any:
    """Shape contracts with their projects."""
    keys = [representation["id"] for representation in asked["reps"]]
    below: dict[str, list[Any]] = {key: [] for key in keys}
    for contract, id_, name, progress in await fetch(ENTITIES, keys):
        if len(below[contract]) < MOST:  # where the statement cannot say so
            below[contract].append({"id": id_, "name": name, "progressPercent": progress})
    return {"_entities": [{"id": key, "projects": {"nodes": below[key]}} for key in keys]}


def today() -> date:
    """Return the day in the organisation's time zone, which is UTC here."""
    return datetime.now(UTC).date()
