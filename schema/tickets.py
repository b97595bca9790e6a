"""Tickets: the links of tasks to them, and what Projects knows of a ticket."""

from datetime import datetime

import strawberry

from db.tickets import LinkOrigin
from resolvers.drift import ticket_status

from .drift import LiveTicketStatus
from .fields import Connection, by, fact, many, one, page, words
from .nodes import BY_ID, Node
from .people import User
from .references import ProjectRef, TaskRef, TicketLinkRef
from .tasks import TaskFilter, TaskOrder

words(
    LinkOrigin,
    "How a link came about.",
    LINKED="Somebody linked an existing ticket.",
    ESCALATED="The ticket was created by an escalation.",
)


@strawberry.type(description="What Projects knows of a PSA ticket, by the PSA's id of it.", directives=[BY_ID])
class Ticket:
    """The rest of it is the PSA's to answer."""

    id: strawberry.ID = fact("The PSA's id of the ticket.")
    links: list[TicketLinkRef] = many("Its active links to tasks.")
    tasks: Connection[TaskRef] = page("The tasks linked to it.", filter=TaskFilter, order=TaskOrder)


@strawberry.type(description="A task's link to a PSA ticket. Neither side's status ever follows the other's.")
class TicketLink(Node):
    """A link with what the ticket was called then."""

    id: strawberry.ID = fact("The link's id.")
    ticket_number: str = fact("The ticket's number, such as ABC-1234.")
    ticket_title: str = fact("Its title when it was linked.")
    ticket_url: str = fact("Where people open it in the PSA.")
    ticket_status_at_link: str = fact("Its status when it was linked.")
    ticket_priority_at_link: str = fact("Its priority when it was linked.")
    origin: LinkOrigin = fact("How the link came about.")
    linked_at: datetime = fact("When it was linked.")
    linked_by: User | None = one("Who linked it.")
    ticket: Ticket = one("The ticket, for a gateway.")
    task: TaskRef = one("The task.")
    project: ProjectRef = one("The task's project.")
    live_status: LiveTicketStatus | None = by(
        ticket_status,
        "psa_ticket_id",
        description="The ticket's state in the PSA now, asked live; snapshots are beside it.",
    )
