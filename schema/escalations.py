"""Escalations: a task that needs the service desk."""

from datetime import datetime

import strawberry

from db.escalations.tables import EscalationState
from db.tickets import TicketPriority

from .fields import fact, one, words
from .nodes import Node
from .people import User
from .references import TaskRef, TicketLinkRef

words(
    EscalationState,
    "How far an escalation is.",
    PENDING="It is being sent.",
    CREATED="The ticket exists and is linked to the task.",
    FAILED="The PSA refused it.",
    UNKNOWN="No answer came. The ticket is looked up before it is asked for again.",
)


@strawberry.type(description="A task that was handed to the service desk.")
class Escalation(Node):
    """It becomes one ticket, linked back to the task."""

    id: strawberry.ID = fact("The escalation's id.")
    subject: str = fact("The ticket's subject.")
    description: str = fact("The ticket's description.")
    priority: TicketPriority = fact("The ticket's priority.")
    state: EscalationState = fact("How far it is.")
    error_code: str | None = fact("Why there is no ticket yet, for machines.")
    error_message: str | None = fact("Why there is no ticket yet, for people.")
    ticket_number: str | None = fact("The ticket's number, once there is one.", "ticket_link.ticket_number")
    requested_at: datetime = fact("When it was asked for.")
    requested_by: User | None = one("Who asked for it.")
    task: TaskRef = one("The task.")
    ticket_link: TicketLinkRef | None = one("The link to the ticket, once there is one.")
