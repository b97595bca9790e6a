"""Linking tasks to tickets: inputs and payloads."""

import strawberry

from schema.fields import shown
from schema.tasks import Task
from schema.tickets import TicketLink


@strawberry.input(description="Which task to link to which ticket.")
class LinkTaskToTicketInput:
    """Both exist already; to make a ticket out of a task there is escalateTask."""

    task_id: strawberry.ID = strawberry.field(description="The task.")
    ticket_id: strawberry.ID = strawberry.field(description="The PSA's id of the ticket: pick one with psaTickets.")


@strawberry.type(description="A task that is linked to a ticket. Neither one's status follows the other's.")
class LinkTaskToTicketPayload:
    """What was linked."""

    task_id: strawberry.Private[str]
    link_id: strawberry.Private[str]
    already_linked: bool = strawberry.field(description="Whether it was linked before; then the link is as it was.")
    task: Task | None = shown("Task", "task_id", "The task, with the ticket's number on its card.")
    ticket_link: TicketLink | None = shown("TicketLink", "link_id", "The link.")


@strawberry.input(description="Which link of a task to a ticket to remove.")
class UnlinkTaskFromTicketInput:
    """The ticket need not exist any more."""

    link_id: strawberry.ID = strawberry.field(description="The link's id (TicketLink.id).")


@strawberry.type(description="A task whose link to a ticket was removed.")
class UnlinkTaskFromTicketPayload:
    """What was unlinked."""

    task_id: strawberry.Private[str]
    link_id: strawberry.Private[str]
    task: Task | None = shown("Task", "task_id", "The task.")
    ticket_link: TicketLink | None = shown("TicketLink", "link_id", "The link that was closed.")
