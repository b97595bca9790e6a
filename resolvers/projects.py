"""Opening, changing and archiving projects. A client is fetched from the PSA; its id and name are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import clients
from db.access import Action, require_org
from db.projects import commands, members
from db.projects.tables import Project
from db.refusals import ClientNotFound
from psa.errors import PsaNotFound

from .inputs import said
from .permissions import may_in_project
from .wishes import begin, granted, wish

if TYPE_CHECKING:
    from psa.port import ClientAccount

    from .context import Context


async def create_project(context: Context, asked: Any) -> dict[str, Any]:
    """Open a project, once for an idempotency key."""
    wished = wish(context, "createProject", asked)
    require_org(context.viewer, Action.CREATE_PROJECT)
    async with context.database.read(context.viewer.org_id) as session:
        earlier = await granted(session, context, wished)
    if earlier is not None:
        return {"project_id": earlier, "replayed": True}
    client = await _client(context, asked.client_id)
    async with context.database.write(context.viewer.org_id) as session:
        project_id, replayed = await begin(session, context, wished, Project.PREFIX)
        if not replayed:
            await _keep(context, session, client)
            values = said(asked, "idempotency_key")
            await commands.create(session, context.viewer, values, now=context.now, project_id=project_id)
    return {"project_id": project_id, "replayed": replayed}


async def update_project(context: Context, asked: Any) -> dict[str, Any]:
    """Change what is given of a project."""
    values = said(asked, "project_id")
    client = None
    if values.get("client_id") is not None:
        await may_in_project(context, asked.project_id, Action.UPDATE_PROJECT)
        client = await _client(context, values["client_id"])
    async with context.database.write(context.viewer.org_id) as session:
        await _keep(context, session, client)
        project = await commands.update(session, context.viewer, asked.project_id, values, now=context.now)
    return {"project_id": project.id}


async def archive_project(context: Context, asked: Any) -> dict[str, Any]:
    """Put a project away."""
    async with context.database.write(context.viewer.org_id) as session:
        project = await commands.archive(session, context.viewer, asked.project_id, now=context.now)
    return {"project_id": project.id}


async def add_project_member(context: Context, asked: Any) -> dict[str, Any]:
    """Give a person a role in a project."""
    async with context.database.write(context.viewer.org_id) as session:
        member = await members.add(
            session, context.viewer, asked.project_id, asked.user_id, asked.role, now=context.now
        )
    return {"project_id": asked.project_id, "member_id": member.id}


async def remove_project_member(context: Context, asked: Any) -> dict[str, Any]:
    """End a person's membership in a project."""
    async with context.database.write(context.viewer.org_id) as session:
        member = await members.remove(session, context.viewer, asked.project_id, asked.user_id, now=context.now)
    return {"project_id": asked.project_id, "user_id": member.user_id}


async def _client(context: Context, client_id: str | None) -> ClientAccount | None:
    if client_id is None:
        return None
    psa = await context.psa()
    try:
        return await psa.client(client_id)
    except PsaNotFound:
        raise ClientNotFound(client_id) from None


async def _keep(context: Context, session: Any, client: ClientAccount | None) -> None:
    if client is not None:
        await clients.ensure(session, context.viewer.org_id, client.id, client.name)
