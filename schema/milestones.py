"""Milestones."""

from datetime import date, datetime

import strawberry

from db.milestones.tables import MilestoneStatus

from .fields import Connection, fact, one, page, words
from .nodes import Node
from .references import ProjectRef, TaskRef
from .tasks import TaskFilter, TaskOrder

words(
    MilestoneStatus,
    "Where a milestone stands; overdue follows from its date.",
    PENDING="Not begun.",
    IN_PROGRESS="Being worked on.",
    COMPLETED="Reached.",
)


@strawberry.type(description="Something a project owes by a date.")
class Milestone(Node):
    """A dated promise."""

    id: strawberry.ID = fact("The milestone's id.")
    name: str = fact("Its name.")
    due_date: date | None = fact("When it is due.")
    status: MilestoneStatus = fact("Where it stands.")
    completed_at: datetime | None = fact("When it was reached.")
    deliverables: str | None = fact("What is handed over with it.")
    visible_to_client: bool = fact("Whether the client's portal shows it.")
    overdue: bool = fact("Whether its due date has passed without its being reached; due today is not overdue.")
    progress_percent: int = fact("Its done tasks out of all its tasks, from 0 to 100; 0 without tasks.")
    project: ProjectRef = one("The project it belongs to.")
    tasks: Connection[TaskRef] = page("The tasks that lead to it.", filter=TaskFilter, order=TaskOrder)
