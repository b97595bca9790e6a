"""A command in a unit of its own, as a resolver would call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import inspect, select

from db.activity import ActivityEvent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.base import Base
    from db.session import Database
    from db.viewers import Viewer

Result = TypeVar("Result")
Row = TypeVar("Row", bound="Base")


async def does(
    database: Database, viewer: Viewer, command: Callable[..., Awaitable[Result]], *args: Any, **said: Any
) -> Result:
    """Let a caller order something and commit it."""
    async with database.write(viewer.org_id) as session:
        return await command(session, viewer, *args, **said)


async def rows(database: Database, org: str, table: type[Row], **facts: Any) -> list[Row]:
    """Return what is stored now, in the order of its keys."""
    keys = inspect(table).primary_key
    async with database.read(org) as session:
        found = await session.scalars(select(table).filter_by(org_id=org, **facts).order_by(*keys))
        return list(found)


async def kinds(database: Database, org: str) -> list[str]:
    """Return the kinds of all that was written down for an organisation, oldest first."""
    return [event.kind.value for event in await rows(database, org, ActivityEvent)]
