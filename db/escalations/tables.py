"""Escalations: what their form held; state, ticket and errors stand in the op whose subject they are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to
from db.ledger.tables import OpState
from db.tickets import TicketPriority
from db.types import Instant, Key, Word, words


class Escalation(Identified):
    """What the form held. State, ticket and errors stand in the op whose subject this is."""

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint(words("priority", TicketPriority), name="priority"),
        belongs_to("projects", "project_id"),
        belongs_to("tasks", "task_id"),
        Index("ix_escalations_org_id_task_id_id", "org_id", "task_id", "id"),
    )
    PREFIX = "esc"

    project_id: Mapped[str] = mapped_column(Key)
    task_id: Mapped[str] = mapped_column(Key)
    subject: Mapped[str]
    description: Mapped[str]
    priority: Mapped[TicketPriority] = mapped_column(Word(TicketPriority))
    requested_by_id: Mapped[str] = mapped_column(Key)
    requested_at: Mapped[datetime] = mapped_column(Instant)
    ticket_link_id: Mapped[str | None] = mapped_column(Key)


class EscalationState(StrEnum):
    """How far an escalation got."""

    PENDING = "PENDING"
    CREATED = "CREATED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


STATE_OF = {
    OpState.PENDING: EscalationState.PENDING,
    OpState.SENT: EscalationState.PENDING,
    OpState.CONFIRMED: EscalationState.CREATED,
    OpState.REJECTED: EscalationState.FAILED,
    OpState.UNKNOWN: EscalationState.UNKNOWN,
}
