"""Subscriptions: what is followed, read by plan for each event, as whoever follows it may see it at that moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from db.access import Action, project_for
from db.exports.refusals import ExportBatchNotFound
from db.exports.rules import BatchStatus, batch_status
from db.pulses import AT_ONCE, LATE, born_at, events_after

from .followings import Kind
from .inputs import require_texts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from db.session import Database

    from .context import Context

    Read = Callable[[str], Awaitable[Any]]


async def export_batch_progress(context: Context, read: Read, batch_id: str) -> AsyncIterator[Any]:
    """Follow a batch to its end; the first event is how it stands now. Raise ExportBatchNotFound."""
    require_texts(id=batch_id)
    batch = await read(batch_id)
    if batch is None:
        raise ExportBatchNotFound(batch_id)
    return _progress(context, read, batch_id, batch)


async def project_activity(context: Context, read: Read, project_id: str) -> AsyncIterator[Any]:
    """Follow a project's timeline from now on. Raise ProjectNotFound."""
    require_texts(project_id=project_id)
    async with context.database.read(context.viewer.org_id) as session:
        await project_for(session, context.viewer, project_id, Action.READ)
    timeline = Timeline(context.database, context.viewer.org_id, project_id)
    await timeline.begin()
    return _activity(context, read, timeline)


async def _progress(context: Context, read: Read, batch_id: str, batch: Any) -> AsyncIterator[Any]:
    yield batch
    async with context.followed(Kind.BATCH, batch_id) as following:
        while True:
            version = following.version
            await context.renew()
            now = await read(batch_id)
            if now is None:  # taken from whoever follows it
                return
            if now != batch:
                yield (batch := now)
            if batch_status(version) is not BatchStatus.RUNNING:
                return
            await following.moved(version)


async def _activity(context: Context, read: Read, timeline: Timeline) -> AsyncIterator[Any]:
    async with context.followed(Kind.PROJECT, timeline.project_id) as following:
        while True:
            version = following.version
            async for event_id in timeline.news():
                await context.renew()
                event = await read(event_id)
                if event is None:
                    return
                yield event
            await following.moved(version)


class Timeline:
    """What one follower has seen of a project's events: those that may still be joined by older ones."""

    def __init__(self, database: Database, org_id: str, project_id: str) -> None:
        """Take where to look, and whose project."""
        self.project_id = project_id
        self._database = database
        self._org_id = org_id
        self._looked_at = datetime.now(UTC)
        self._seen: set[str] = set()

    async def begin(self) -> None:
        """Take what is there for seen."""
        async for _ in self.news():
            pass

    async def news(self) -> AsyncIterator[str]:
        """Yield the ids of events that were not seen yet, a page of them at a time."""
        after, self._looked_at = born_at(self._looked_at - LATE), datetime.now(UTC)
        self._seen = {event_id for event_id in self._seen if event_id > after}
        while True:
            async with self._database.read(self._org_id) as session:
                page = await events_after(session, self._org_id, self.project_id, after)
            for event_id in page:
                if event_id not in self._seen:
                    self._seen.add(event_id)
                    yield event_id
            if len(page) < AT_ONCE:
                return
            after = page[-1]
