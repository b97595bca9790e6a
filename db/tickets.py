"""Ticket links: which service-desk tickets a task has to do with. Nothing syncs by itself (the seed)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from . import activity
from .access import Action, task_for
from .activity import ActivityKind
from .base import Identified, belongs_to, new_id, unique_where
from .refusals import LinkNotFound, ListTooLong
from .types import Instant, Key, Word, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .session import ReadSession, WriteSession
    from .tasks.tables import Task
    from .viewers import Viewer

MOST_LINKS = MOST_TASKS = 100  # both are lists that are shown whole


class TicketStatus(StrEnum):
    """A ticket's state in the PSA; UNKNOWN keeps a new word there from breaking a query here."""

    NEW = "NEW"
    IN_PROGRESS = "IN_PROGRESS"
    WAITING_ON_CLIENT = "WAITING_ON_CLIENT"
    WAITING_ON_VENDOR = "WAITING_ON_VENDOR"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


class TicketPriority(StrEnum):
    """The service desk's scale, P1 to P4."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class LinkOrigin(StrEnum):
    """How a link came about."""

    LINKED = "LINKED"
    ESCALATED = "ESCALATED"


class TicketLink(Identified):
    """A task's link to a ticket. `newest` marks the one shown on the task's card: the latest that is active."""

    __tablename__ = "ticket_links"
    __table_args__ = (
        CheckConstraint(words("origin", LinkOrigin), name="origin"),
        CheckConstraint("NOT newest OR unlinked_at IS NULL", name="newest_is_active"),
        belongs_to("projects", "project_id"),
        belongs_to("tasks", "task_id"),
        unique_where("ticket_links_active", "task_id", "psa_ticket_id", where=text("unlinked_at IS NULL")),
        unique_where("ticket_links_newest", "task_id", where=text("newest"), sqlite=text("newest = 1")),
        Index(
            "ix_ticket_links_by_ticket", "org_id", "psa_ticket_id", "id",
            sqlite_where=text("unlinked_at IS NULL"), postgresql_where=text("unlinked_at IS NULL"),
        ),
        Index("ix_ticket_links_org_id_project_id_id", "org_id", "project_id", "id"),
    )  # fmt: skip
    PREFIX = "tkl"

    task_id: Mapped[str] = mapped_column(Key)
    project_id: Mapped[str] = mapped_column(Key)
    psa_ticket_id: Mapped[str] = mapped_column(Key)
    ticket_number: Mapped[str]
    ticket_title: Mapped[str]
    ticket_status_at_link: Mapped[str]
    ticket_priority_at_link: Mapped[str]
    ticket_url: Mapped[str]
    origin: Mapped[LinkOrigin] = mapped_column(Word(LinkOrigin))
    newest: Mapped[bool] = mapped_column(default=True)
    linked_by_id: Mapped[str] = mapped_column(Key)
    linked_at: Mapped[datetime] = mapped_column(Instant)
    unlinked_by_id: Mapped[str | None] = mapped_column(Key)
    unlinked_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket as the PSA shows it now: what a link keeps."""

    psa_ticket_id: str
    ticket_number: str
    ticket_title: str
    ticket_status_at_link: str
    ticket_priority_at_link: str
    ticket_url: str


async def active_links(session: ReadSession | WriteSession, task: Task) -> Sequence[TicketLink]:
    """Return a task's links that are open, the newest first."""
    found = await session.scalars(
        select(TicketLink)
        .where(TicketLink.org_id == task.org_id, TicketLink.task_id == task.id, TicketLink.unlinked_at.is_(None))
        .order_by(TicketLink.id.desc())
    )
    return found.all()


async def link(
    session: WriteSession, viewer: Viewer, task_id: str, ticket: TicketFacts, *, now: datetime
) -> tuple[TicketLink, bool]:
    """Link a task to a ticket; of a pair that is linked already return the link as it is, and True.

    Raise TaskNotFound, Forbidden, ProjectArchived or ListTooLong (100 of a task, 100 of a ticket).
    """
    task, project = await task_for(session, viewer, task_id, Action.LINK_TICKET)
    links = await active_links(session, task)
    for existing in links:
        if existing.psa_ticket_id == ticket.psa_ticket_id:
            return existing, True
    check_room(links)
    if await _tasks_of(session, task.org_id, ticket.psa_ticket_id) >= MOST_TASKS:
        raise ListTooLong("tasks linked to a ticket", MOST_TASKS)
    added = await attach(session, task, ticket, LinkOrigin.LINKED, (viewer.user_id or "", now))
    activity.record(
        session, viewer, project, now, kind=ActivityKind.TICKET_LINKED, task_id=task_id,
        summary=f"Linked ticket {ticket.ticket_number} to {task.name}", details={"psa_ticket_id": ticket.psa_ticket_id},
    )  # fmt: skip
    return added, False


def check_room(links: Sequence[TicketLink]) -> None:
    """Raise ListTooLong where a task has as many open links as it may have."""
    if len(links) >= MOST_LINKS:
        raise ListTooLong("tickets linked to a task", MOST_LINKS)


async def attach(
    session: WriteSession, task: Task, ticket: TicketFacts, origin: LinkOrigin, by: tuple[str, datetime]
) -> TicketLink:
    """Put a ticket on a task's card as its newest; `by` is whose wish it was, and when. No role is asked for."""
    for other in await active_links(session, task):
        other.newest = False
    await session.flush()  # before the insert: one link of a task may be the newest
    linked_by_id, linked_at = by
    added = TicketLink(
        org_id=task.org_id, id=new_id(TicketLink.PREFIX), task_id=task.id, project_id=task.project_id,
        origin=origin, newest=True, linked_by_id=linked_by_id, linked_at=linked_at, **asdict(ticket),
    )  # fmt: skip
    session.add(added)
    await session.flush()
    return added


async def unlink(session: WriteSession, viewer: Viewer, link_id: str, *, now: datetime) -> TicketLink:
    """Close a link, whether or not the PSA still has the ticket; the next newest moves to the task's card.

    Raise LinkNotFound (also of a closed one), Forbidden or ProjectArchived.
    """
    found = await session.get(TicketLink, (viewer.org_id, link_id))
    if found is None:
        raise LinkNotFound(link_id)
    task, project = await task_for(session, viewer, found.task_id, Action.LINK_TICKET)
    links = await active_links(session, task)
    if found not in links:
        raise LinkNotFound(link_id)
    found.unlinked_at, found.unlinked_by_id, found.newest = now, viewer.user_id, False
    await session.flush()
    for rest in links:
        if rest is not found:
            rest.newest = True
            break
    activity.record(
        session, viewer, project, now, kind=ActivityKind.TICKET_UNLINKED, task_id=task.id,
        summary=f"Unlinked ticket {found.ticket_number} from {task.name}",
        details={"psa_ticket_id": found.psa_ticket_id},
    )  # fmt: skip
    return found


async def _tasks_of(session: WriteSession, org_id: str, psa_ticket_id: str) -> int:
    """Count the open links of a ticket; of two tasks that come at once one may be the hundred and first."""
    its = TicketLink.org_id == org_id, TicketLink.psa_ticket_id == psa_ticket_id, TicketLink.unlinked_at.is_(None)
    return await session.scalar(select(func.count()).select_from(TicketLink).where(*its)) or 0
