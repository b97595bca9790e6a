"""One timeline: who did what to which project, written in the same transaction as the deed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Identified, belongs_to, new_id
from .types import Instant, Json, Key, Word, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .base import Base
    from .projects.tables import Project
    from .session import WriteSession
    from .viewers import Viewer


class ActivityKind(StrEnum):
    """What happened."""

    PROJECT_CREATED = "PROJECT_CREATED"
    PROJECT_UPDATED = "PROJECT_UPDATED"
    PROJECT_ARCHIVED = "PROJECT_ARCHIVED"
    MILESTONE_CREATED = "MILESTONE_CREATED"
    MILESTONE_UPDATED = "MILESTONE_UPDATED"
    TASK_CREATED = "TASK_CREATED"
    TASK_UPDATED = "TASK_UPDATED"
    MEMBER_ADDED = "MEMBER_ADDED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    CONTRACT_LINKED = "CONTRACT_LINKED"
    CONTRACT_RELINKED = "CONTRACT_RELINKED"
    CONTRACT_UNLINKED = "CONTRACT_UNLINKED"
    TICKET_LINKED = "TICKET_LINKED"
    TICKET_UNLINKED = "TICKET_UNLINKED"
    TIME_LOGGED = "TIME_LOGGED"
    TIME_UPDATED = "TIME_UPDATED"
    TIME_DELETED = "TIME_DELETED"
    TIME_APPROVED = "TIME_APPROVED"
    TIME_REJECTED = "TIME_REJECTED"
    EXPORT_REQUESTED = "EXPORT_REQUESTED"
    EXPORT_FINISHED = "EXPORT_FINISHED"
    EXPORT_SETTLED = "EXPORT_SETTLED"
    VOID_REQUESTED = "VOID_REQUESTED"
    EXPORT_VOIDED = "EXPORT_VOIDED"
    TASK_ESCALATED = "TASK_ESCALATED"
    TICKET_CREATED = "TICKET_CREATED"
    CONNECTION_SAVED = "CONNECTION_SAVED"


class ActivityEvent(Identified):
    """A deed. `summary` is a sentence for people; `details` holds from and to for machines."""

    __tablename__ = "activity_events"
    __table_args__ = (
        CheckConstraint(words("kind", ActivityKind), name="kind"),
        belongs_to("projects", "project_id"),
        Index("ix_activity_events_org_id_id", "org_id", "id"),
        Index("ix_activity_events_org_id_project_id_id", "org_id", "project_id", "id"),
        Index("ix_activity_events_org_id_client_id_id", "org_id", "client_id", "id"),
        Index("ix_activity_events_org_id_task_id_id", "org_id", "task_id", "id"),
    )
    PREFIX = "act"

    project_id: Mapped[str | None] = mapped_column(Key)
    client_id: Mapped[str | None] = mapped_column(Key)
    task_id: Mapped[str | None] = mapped_column(Key)
    time_entry_id: Mapped[str | None] = mapped_column(Key)
    actor_id: Mapped[str | None] = mapped_column(Key)
    kind: Mapped[ActivityKind] = mapped_column(Word(ActivityKind))
    summary: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


def record(
    session: WriteSession, viewer: Viewer | None, project: Project | None, now: datetime, **said: Any
) -> ActivityEvent:
    """Write down a deed in the unit that does it: `kind`, `summary` and, where they apply, the event's other columns.

    Without a viewer the program did it by itself.
    """
    event = ActivityEvent(
        id=new_id(ActivityEvent.PREFIX), at=now, actor_id=viewer.user_id if viewer else None,
        **({"project_id": project.id, "client_id": project.client_id} if project else {}) | said,
    )  # fmt: skip
    session.add(event)
    return event


def changes(row: Base, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for each value that differs from the row's, `{"from": …, "to": …}` as JSON can hold it."""
    return {
        field: {"from": _plain(before), "to": _plain(value)}
        for field, value in values.items()
        if (before := getattr(row, field)) != value
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value
