"""Creating and changing tasks: inputs and payloads."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import Maybe

from db.tasks.tables import TaskPriority, TaskStatus
from schema.fields import shown
from schema.tasks import Task

from .keys import optional_key, replayed_field


@strawberry.input(description="A new task.")
class CreateTaskInput:
    """Only project and name are needed."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    name: str = strawberry.field(description="What is to be done, 1 to 200 characters.")
    description: str | None = strawberry.field(description="More about it, in Markdown.", default=None)
    milestone_id: strawberry.ID | None = strawberry.field(description="The milestone it leads to.", default=None)
    assignee_id: strawberry.ID | None = strawberry.field(description="Who does it.", default=None)
    due_date: date | None = strawberry.field(description="When it should be done.", default=None)
    priority: TaskPriority | None = strawberry.field(
        description="How much it matters; MEDIUM when left out.", default=None
    )
    status: TaskStatus | None = strawberry.field(description="Its column; TODO when left out.", default=None)
    stage: str | None = strawberry.field(description="The stage of the engine's board.", default=None)
    task_type: str | None = strawberry.field(description="The engine's kind of task.", default=None)
    estimated_hours: Decimal | None = strawberry.field(description="How long it should take, in hours.", default=None)
    story_points: int | None = strawberry.field(description="How big it is (Software engine).", default=None)
    depends_on_ids: list[strawberry.ID] | None = strawberry.field(
        description="Tasks of the project that are planned before it, at most 100; no status is refused for it.",
        default=None,
    )
    idempotency_key: str | None = optional_key()


@strawberry.type(description="A task that was added.")
class CreateTaskPayload:
    """The new one, or the one that the same key added before."""

    task_id: strawberry.Private[str]
    replayed: bool = replayed_field()
    task: Task | None = shown("Task", "task_id", "The task.")


@strawberry.input(
    description="What to change of a task. What is left out stays; null takes away what may be absent. Its tickets are"
    " never touched."
)
class UpdateTaskInput:
    """Changes."""

    task_id: strawberry.ID = strawberry.field(description="The task.")
    name: Maybe[str | None] = strawberry.field(description="What is to be done.")
    description: Maybe[str | None] = strawberry.field(description="More about it, in Markdown.")
    milestone_id: Maybe[strawberry.ID | None] = strawberry.field(description="The milestone it leads to.")
    assignee_id: Maybe[strawberry.ID | None] = strawberry.field(description="Who does it.")
    due_date: Maybe[date | None] = strawberry.field(description="When it should be done.")
    priority: Maybe[TaskPriority | None] = strawberry.field(description="How much it matters.")
    status: Maybe[TaskStatus | None] = strawberry.field(description="Its column.")
    stage: Maybe[str | None] = strawberry.field(description="The stage of the engine's board.")
    task_type: Maybe[str | None] = strawberry.field(description="The engine's kind of task.")
    estimated_hours: Maybe[Decimal | None] = strawberry.field(description="How long it should take, in hours.")
    story_points: Maybe[int | None] = strawberry.field(description="How big it is (Software engine).")
    depends_on_ids: Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="All the tasks that are planned before it, at most 100; no status is refused for it."
    )


@strawberry.type(description="A task that was changed.")
class UpdateTaskPayload:
    """The task as it is now."""

    task_id: strawberry.Private[str]
    task: Task | None = shown("Task", "task_id", "The task.")
