"""Tasks."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from db.tasks.tables import TaskPriority, TaskStatus

from .fields import Connection, Direction, fact, many, one, page, words
from .nodes import BY_ID, Node
from .people import User
from .references import EscalationRef, MilestoneRef, ProjectRef, TaskRef, TicketLinkRef, TimeEntryRef
from .time_entries import TimeEntryFilter, TimeEntryOrder

words(
    TaskStatus,
    "The column a task's card hangs in. Nothing in the PSA ever moves it.",
    TODO="Not begun.",
    IN_PROGRESS="Being worked on.",
    IN_REVIEW="Being looked at.",
    BLOCKED="Something stands in the way.",
    DONE="Done.",
)
words(
    TaskPriority,
    "How much a task matters to its project.",
    LOW="Can wait.",
    MEDIUM="The usual.",
    HIGH="Before others.",
    URGENT="Now.",
)


class TaskOrderField(StrEnum):
    """What tasks can be ordered by."""

    CREATED = "id"
    NAME = "name"
    DUE_DATE = "due_date"
    UPDATED_AT = "updated_at"


words(
    TaskOrderField,
    "What tasks can be ordered by.",
    CREATED="When they were created.",
    NAME="Their name, whatever its case.",
    DUE_DATE="Their due date; those without one come last.",
    UPDATED_AT="When they were last changed.",
)


@strawberry.input(description="The order of a list of tasks.")
class TaskOrder:
    """Field and direction."""

    field: TaskOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(description="Which way.", default=Direction.ASC)


@strawberry.input(description="Which tasks to return. Every field that is given must match.")
class TaskFilter:
    """Conditions on tasks."""

    project_id: strawberry.ID | None = strawberry.field(description="Of this project.", default=None)
    milestone_id: strawberry.ID | None = strawberry.field(description="Of this milestone.", default=None)
    assignee_id: strawberry.ID | None = strawberry.field(description="Assigned to this person.", default=None)
    status: list[TaskStatus] | None = strawberry.field(description="In one of these columns.", default=None)
    linked_to_ticket: bool | None = strawberry.field(description="Linked to a PSA ticket, or not.", default=None)
    search: str | None = strawberry.field(description="With this text in the name, whatever its case.", default=None)


@strawberry.type(description="A piece of work in a project.", directives=[BY_ID])
class Task(Node):
    """A card on the board."""

    id: strawberry.ID = fact("The task's id.")
    name: str = fact("What is to be done.")
    description: str | None = fact("More about it, in Markdown.")
    status: TaskStatus = fact("The column its card hangs in.")
    priority: TaskPriority = fact("How much it matters.")
    due_date: date | None = fact("When it should be done.")
    stage: str | None = fact("The stage of the engine's board.")
    task_type: str | None = fact("The engine's kind of task.")
    estimated_hours: Decimal | None = fact("How long it should take, in hours.")
    story_points: int | None = fact("How big it is (Software engine).")
    created_at: datetime = fact("When it was created.")
    updated_at: datetime = fact("When it was last changed.")
    project: ProjectRef = one("The project it belongs to.")
    milestone: MilestoneRef | None = one("The milestone it leads to.")
    assignee: User | None = one("Who does it.")
    reporter: User | None = one("Who asked for it.")
    depends_on: list[TaskRef] = many(
        "What is planned to be done before it. The order is shown, not enforced: a task may be done earlier."
    )
    psa_ticket_number: str | None = fact(
        "The number of the ticket on its card: that of the newest active link.", "ticket_link.ticket_number"
    )
    ticket_link: TicketLinkRef | None = one("Its newest active link to a PSA ticket.")
    ticket_links: list[TicketLinkRef] = many("All its active links to PSA tickets, newest first.")
    time_entries: Connection[TimeEntryRef] = page(
        "The time logged on it, newest first.", filter=TimeEntryFilter, order=TimeEntryOrder
    )
    escalations: list[EscalationRef] = many("Its escalations to the service desk, newest first.")
