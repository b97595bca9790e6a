"""What is new in projects' timelines, for those who follow them.

An event may be seen a while after its birth, when its unit commits; so a look goes back by as much, and whoever looks
keeps what it has seen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_

from .activity import ActivityEvent
from .base import id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .session import ReadSession

LATE = timedelta(seconds=30)  # longer than any unit lives (10 s idle, 5 s a statement) and clocks differ
AT_ONCE = 200
MICROSECOND = timedelta(microseconds=1)

Pulse = tuple[str, int]


async def pulses(session: ReadSession, projects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Pulse]:
    """Return what differs when a project has something new; projects are organisation and id."""
    place = tuple_(ActivityEvent.org_id, ActivityEvent.project_id)
    recent = (
        select(ActivityEvent.org_id, ActivityEvent.project_id, func.max(ActivityEvent.id), func.count())
        .where(place.in_(projects), ActivityEvent.id > born_at(datetime.now(UTC) - LATE))
        .group_by(ActivityEvent.org_id, ActivityEvent.project_id)
    )
    found = {(row[0], row[1]): (row[2], row[3]) for row in await session.execute(recent)}
    return {project: found.get(project, ("", 0)) for project in projects}


async def events_after(session: ReadSession, org_id: str, project_id: str, after: str) -> Sequence[str]:
    """Return the ids of a project's events behind this one, the oldest first, not more than `AT_ONCE`."""
    of_project = ActivityEvent.org_id == org_id, ActivityEvent.project_id == project_id
    behind = select(ActivityEvent.id).where(*of_project, ActivityEvent.id > after)
    return (await session.scalars(behind.order_by(ActivityEvent.id).limit(AT_ONCE))).all()


def born_at(moment: datetime) -> str:
    """Return the least id that an event born at a moment can have."""
    return id_of(ActivityEvent.PREFIX, (moment - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND, 0)
