"""Milestones: what a project owes by when."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to
from db.types import Instant, Key, Word, words


class MilestoneStatus(StrEnum):
    """Where a milestone stands; overdue is derived, never stored."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


class Milestone(Identified):
    """A dated promise of a project."""

    __tablename__ = "milestones"
    __table_args__ = (
        CheckConstraint(words("status", MilestoneStatus), name="status"),
        belongs_to("projects", "project_id"),
        Index("ix_milestones_org_id_project_id_id", "org_id", "project_id", "id"),
        Index(
            "ix_milestones_open",
            "org_id",
            "project_id",
            "due_date",
            sqlite_where=text("status != 'COMPLETED'"),
            postgresql_where=text("status != 'COMPLETED'"),
        ),
    )
    PREFIX = "mst"

    project_id: Mapped[str] = mapped_column(Key)
    name: Mapped[str]
    due_date: Mapped[date | None]
    status: Mapped[MilestoneStatus] = mapped_column(Word(MilestoneStatus), default=MilestoneStatus.PENDING)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    deliverables: Mapped[str | None]
    visible_to_client: Mapped[bool] = mapped_column(default=True)
