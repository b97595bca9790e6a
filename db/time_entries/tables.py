"""Time entries: hours of work, their approval and their worth."""

from __future__ import annotations

from datetime import date as calendar_date
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to
from db.types import Hours, Instant, Key, Money, Word, words


class ApprovalStatus(StrEnum):
    """Whether somebody who may has said yes to an entry."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class TimeSource(StrEnum):
    """Where an entry was born. Mirrors of PSA entries count for the budget and never go back there."""

    PROJECTS = "PROJECTS"
    PSA = "PSA"


class TimeEntry(Identified):
    """An hour worked. `revision` rises with every edit of its content; `billing_rate` is per hour, already chosen."""

    __tablename__ = "time_entries"
    __table_args__ = (
        CheckConstraint(words("approval_status", ApprovalStatus), name="approval_status"),
        CheckConstraint(words("source", TimeSource), name="source"),
        CheckConstraint("hours BETWEEN 0 AND 2400", name="hours"),
        belongs_to("projects", "project_id"),
        belongs_to("tasks", "task_id"),
        belongs_to("milestones", "milestone_id"),
        belongs_to("users", "user_id"),
        belongs_to("users", "approved_by_id"),
        Index("ix_time_entries_org_id_project_id_date_id", "org_id", "project_id", "date", "id"),
        Index("ix_time_entries_org_id_task_id_date_id", "org_id", "task_id", "date", "id"),
        Index("ix_time_entries_org_id_user_id_date_id", "org_id", "user_id", "date", "id"),
        Index("ix_time_entries_org_id_date_id", "org_id", "date", "id"),
    )
    PREFIX = "tme"

    project_id: Mapped[str] = mapped_column(Key)
    task_id: Mapped[str | None] = mapped_column(Key)
    milestone_id: Mapped[str | None] = mapped_column(Key)
    user_id: Mapped[str] = mapped_column(Key)
    hours: Mapped[Decimal] = mapped_column(Hours)
    date: Mapped[calendar_date]
    description: Mapped[str]
    billable: Mapped[bool] = mapped_column(default=True)
    billing_rate: Mapped[Decimal | None] = mapped_column(Money)
    approval_status: Mapped[ApprovalStatus] = mapped_column(Word(ApprovalStatus), default=ApprovalStatus.PENDING)
    approved_by_id: Mapped[str | None] = mapped_column(Key)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    rejection_reason: Mapped[str | None]
    source: Mapped[TimeSource] = mapped_column(Word(TimeSource), default=TimeSource.PROJECTS)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
