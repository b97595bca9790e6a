"""The types that both Strawberry contestants declare alike: what has no relations of its own."""

from datetime import date
from typing import Generic, TypeVar

import strawberry

from db.projects.tables import ProjectStatus
from db.tasks.tables import TaskPriority, TaskStatus

ID = strawberry.ID
Node = TypeVar("Node")
strawberry.enum(ProjectStatus)
strawberry.enum(TaskStatus)
strawberry.enum(TaskPriority)


@strawberry.type
class Client:
    id: ID
    name: str


@strawberry.type
class ContractLink:
    contract_number: str


@strawberry.type
class TicketLink:
    ticket_number: str
    ticket_title: str
    ticket_url: str


@strawberry.type
class Milestone:
    id: ID
    name: str
    due_date: date | None


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[Node]):
    cursor: str
    node: Node
