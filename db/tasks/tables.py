"""Tasks of a project and what they wait for."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to, by_due_date
from db.types import Hours, Instant, Key, Word, words


class TaskStatus(StrEnum):
    """The column a task's card hangs in."""

    TODO = "TODO"
    IN_PROGRESS = "IN_PROGRESS"
    IN_REVIEW = "IN_REVIEW"
    BLOCKED = "BLOCKED"
    DONE = "DONE"


class TaskPriority(StrEnum):
    """How much a task matters to the project (tickets have their own scale)."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class Task(Identified):
    """A piece of work in a project."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(words("status", TaskStatus), name="status"),
        CheckConstraint(words("priority", TaskPriority), name="priority"),
        belongs_to("projects", "project_id"),
        belongs_to("milestones", "milestone_id"),
        belongs_to("users", "assignee_id"),
        belongs_to("users", "reporter_id"),
        Index("ix_tasks_org_id_project_id_id", "org_id", "project_id", "id"),
        Index("ix_tasks_org_id_milestone_id_id", "org_id", "milestone_id", "id"),
        Index("ix_tasks_org_id_assignee_id_id", "org_id", "assignee_id", "id"),
        Index("ix_tasks_org_id_name_folded_id", "org_id", "name_folded", "id"),
        Index("ix_tasks_org_id_updated_at_id", "org_id", "updated_at", "id"),
        *by_due_date("tasks"),
    )
    PREFIX = "tsk"

    project_id: Mapped[str] = mapped_column(Key)
    milestone_id: Mapped[str | None] = mapped_column(Key)
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(Key)
    description: Mapped[str | None]
    assignee_id: Mapped[str | None] = mapped_column(Key)
    reporter_id: Mapped[str | None] = mapped_column(Key)
    due_date: Mapped[date | None]
    priority: Mapped[TaskPriority] = mapped_column(Word(TaskPriority), default=TaskPriority.MEDIUM)
    status: Mapped[TaskStatus] = mapped_column(Word(TaskStatus), default=TaskStatus.TODO)
    stage: Mapped[str | None]
    task_type: Mapped[str | None]
    estimated_hours: Mapped[Decimal | None] = mapped_column(Hours)
    story_points: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class TaskDependency(Identified):
    """`task_id` is planned after `depends_on_id`; nobody is kept from doing it earlier."""

    __tablename__ = "task_dependencies"
    __table_args__ = (
        UniqueConstraint("org_id", "task_id", "depends_on_id"),
        CheckConstraint("task_id <> depends_on_id", name="not_itself"),
        belongs_to("tasks", "task_id"),
        belongs_to("tasks", "depends_on_id"),
    )
    PREFIX = "dep"

    task_id: Mapped[str] = mapped_column(Key)
    depends_on_id: Mapped[str] = mapped_column(Key)
