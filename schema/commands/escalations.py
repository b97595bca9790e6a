"""Escalating tasks: input and payload."""

import strawberry

from db.tickets import TicketPriority
from schema.escalations import Escalation
from schema.fields import shown
from schema.tasks import Task
from schema.tickets import TicketLink

from .keys import replayed_field, required_key


@strawberry.input(description="What the service desk is to know of a task.")
class EscalateTaskInput:
    """The form."""

    task_id: strawberry.ID = strawberry.field(description="The task.")
    subject: str = strawberry.field(description="The ticket's subject, 1 to 500 characters.")
    priority: TicketPriority = strawberry.field(description="The ticket's priority.")
    description: str = strawberry.field(description="The ticket's description; it must not be empty.")
    idempotency_key: str = required_key()


@strawberry.type(
    description="An escalation on its way. The ticket may take longer than the answer: until it is there the"
    " escalation is PENDING or UNKNOWN, and ticketLink is null."
)
class EscalateTaskPayload:
    """What was asked for, and how far it is."""

    task_id: strawberry.Private[str]
    escalation_id: strawberry.Private[str]
    link_id: strawberry.Private[str | None]
    replayed: bool = replayed_field()
    escalation: Escalation | None = shown("Escalation", "escalation_id", "The escalation and its state.")
    task: Task | None = shown("Task", "task_id", "The task; its own status is left alone.")
    ticket_link: TicketLink | None = shown("TicketLink", "link_id", "The link to the new ticket, once it is there.")
