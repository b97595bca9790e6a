"""Projects and who belongs to them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to, by_due_date
from db.organizations import Role
from db.types import Instant, Json, Key, Money, Word, words


class ProjectStatus(StrEnum):
    """Where a project stands. Dropped work is archived, because "non-completed" is how the seed says active."""

    PLANNING = "PLANNING"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    COMPLETED = "COMPLETED"


class Project(Identified):
    """Work for a client, or internal work where `client_id` is null."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        CheckConstraint(words("status", ProjectStatus), name="status"),
        CheckConstraint("progress_percent BETWEEN 0 AND 100", name="progress_percent"),
        belongs_to("users", "owner_id"),
        belongs_to("clients", "client_id"),
        Index("ix_projects_org_id_client_id_id", "org_id", "client_id", "id"),
        Index("ix_projects_org_id_owner_id_id", "org_id", "owner_id", "id"),
        Index("ix_projects_org_id_name_folded_id", "org_id", "name_folded", "id"),
        Index("ix_projects_org_id_progress_percent_id", "org_id", "progress_percent", "id"),
        Index("ix_projects_org_id_updated_at_id", "org_id", "updated_at", "id"),
        *by_due_date("projects"),
    )
    PREFIX = "prj"

    number: Mapped[str] = mapped_column(Key)
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(Key)
    description: Mapped[str | None]
    engine: Mapped[str]
    owner_id: Mapped[str] = mapped_column(Key)
    client_id: Mapped[str | None] = mapped_column(Key)
    status: Mapped[ProjectStatus] = mapped_column(Word(ProjectStatus), default=ProjectStatus.PLANNING)
    start_date: Mapped[date | None]
    due_date: Mapped[date | None]
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    archived_at: Mapped[datetime | None] = mapped_column(Instant)
    progress_percent: Mapped[int] = mapped_column(default=0)
    budget: Mapped[Decimal | None] = mapped_column(Money)
    billing_rate: Mapped[Decimal | None] = mapped_column(Money)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class ProjectMember(Identified):
    """A person's role in one project. Organisation owners and admins need none (domain 3)."""

    __tablename__ = "project_members"
    __table_args__ = (
        UniqueConstraint("org_id", "project_id", "user_id"),
        CheckConstraint(words("role", Role), name="role"),
        belongs_to("projects", "project_id"),
        belongs_to("users", "user_id"),
        Index("ix_project_members_org_id_user_id_project_id", "org_id", "user_id", "project_id"),
    )
    PREFIX = "mbr"

    project_id: Mapped[str] = mapped_column(Key)
    user_id: Mapped[str] = mapped_column(Key)
    role: Mapped[Role] = mapped_column(Word(Role))
    added_at: Mapped[datetime] = mapped_column(Instant)
