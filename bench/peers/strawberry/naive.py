"""Strawberry as its documentation teaches it: ORM entities, a DataLoader per relation, the view as it comes."""

from datetime import date
from typing import Any, Generic

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from strawberry.asgi import GraphQL

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from bench.tokens import Tokens
from db import clients as client_tables
from db import tickets
from db.contracts import ContractLink as LinkRow
from db.milestones.tables import Milestone as MilestoneRow
from db.pages import write_cursor
from db.projects import tables as project_tables
from db.projects.tables import ProjectStatus
from db.tasks import tables as task_tables
from db.tasks.tables import TaskPriority, TaskStatus
from psa.hub import BadToken

from .leaves import ID, Client, ContractLink, Edge, Milestone, Node, PageInfo, TicketLink
from .loaders import Loaders


@strawberry.type
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    page_info: PageInfo

    @strawberry.field
    def nodes(self) -> list[Node]:
        return [edge.node for edge in self.edges]

    @strawberry.field
    async def total_count(self, info: strawberry.Info) -> int:
        return await info.context["loaders"].total()


def connection(nodes: list[Any], cursors: list[str], first: int) -> Any:
    edges = [Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)][:first]
    info = PageInfo(has_next_page=len(nodes) > first, end_cursor=edges[-1].cursor if edges else None)
    return Connection(edges=edges, page_info=info)


@strawberry.type
class Task:
    id: ID
    name: str
    status: TaskStatus
    priority: TaskPriority
    due_date: date | None

    @strawberry.field
    async def ticket_link(self, info: strawberry.Info) -> TicketLink | None:
        link: tickets.TicketLink | None = await info.context["loaders"].ticket_link.load(self.id)
        if link is None:
            return None
        number, title, url = link.ticket_number, link.ticket_title, link.ticket_url
        return TicketLink(ticket_number=number, ticket_title=title, ticket_url=url)

    @classmethod
    def of(cls, row: task_tables.Task) -> "Task":
        return cls(id=ID(row.id), name=row.name, status=row.status, priority=row.priority, due_date=row.due_date)


@strawberry.type
class Project:
    id: ID
    number: str
    name: str
    status: ProjectStatus
    progress_percent: int
    due_date: date | None
    client_id: strawberry.Private[str | None]

    @strawberry.field
    async def client(self, info: strawberry.Info) -> Client | None:
        if self.client_id is None:
            return None
        row: client_tables.Client = await info.context["loaders"].client.load(self.client_id)
        return Client(id=ID(row.id), name=row.name)

    @strawberry.field
    async def contract_link(self, info: strawberry.Info) -> ContractLink | None:
        link: LinkRow | None = await info.context["loaders"].contract_link.load(self.id)
        return link and ContractLink(contract_number=link.contract_number)

    @strawberry.field
    async def milestones(self, info: strawberry.Info) -> list[Milestone]:
        rows: list[MilestoneRow] = await info.context["loaders"].milestones.load(self.id)
        return [Milestone(id=ID(row.id), name=row.name, due_date=row.due_date) for row in rows]

    @strawberry.field
    async def tasks(self, info: strawberry.Info, first: int = 20) -> Connection[Task]:
        rows = await info.context["loaders"].tasks.load(self.id)
        return connection([Task.of(row) for row in rows], [write_cursor(PROJECTS, [row.id]) for row in rows], first)

    @classmethod
    def of(cls, row: project_tables.Project) -> "Project":
        return cls(
            id=ID(row.id), number=row.number, name=row.name, status=row.status, client_id=row.client_id,
            progress_percent=row.progress_percent, due_date=row.due_date,
        )  # fmt: skip


@strawberry.type
class Health:
    active_projects: int
    overdue_projects: int
    average_progress: float | None
    overdue_milestones: int
    at_risk_projects: int


@strawberry.type
class ClientHealth:
    client: Client

    @strawberry.field
    async def health(self, info: strawberry.Info) -> Health:
        active, overdue, progress, late, at_risk = await info.context["loaders"].health.load(self.client.id)
        return Health(
            active_projects=active, overdue_projects=overdue, overdue_milestones=late, at_risk_projects=at_risk,
            average_progress=round(progress / active, 1) if active else None,
        )  # fmt: skip


@strawberry.federation.type(keys=["id"])
class Contract:
    id: ID

    @strawberry.field
    async def projects(self, info: strawberry.Info, first: int = 20) -> Connection[Project]:
        rows = await info.context["loaders"].of_contract.load(self.id)
        return connection([Project.of(row) for row in rows], [write_cursor(PROJECTS, [row.id]) for row in rows], first)

    @classmethod
    def resolve_reference(cls, id: ID) -> "Contract":  # noqa: A002 - the key's name
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    async def project(self, info: strawberry.Info, id: ID) -> Project | None:  # noqa: A002 - the contract's name
        row = await info.context["loaders"].project(id)
        return row and Project.of(row)

    @strawberry.field
    async def projects(self, info: strawberry.Info, first: int = 20, after: str | None = None) -> Connection[Project]:
        rows = await info.context["loaders"].projects(first, after)
        return connection([Project.of(row) for row in rows], [write_cursor(PROJECTS, [row.id]) for row in rows], first)

    @strawberry.field
    async def command_center(
        self, info: strawberry.Info, first: int = 20, after: str | None = None
    ) -> Connection[ClientHealth]:
        rows = await info.context["loaders"].clients(first, after)
        nodes = [ClientHealth(client=Client(id=ID(row.id), name=row.name)) for row in rows]
        return connection(nodes, [write_cursor(CLIENTS_BY_NAME, [row.name_folded, row.id]) for row in rows], first)


class View(GraphQL[Any, Any]):
    tokens = Tokens()

    async def get_context(self, request: Any, response: Any) -> Any:
        try:
            caller = self.tokens.caller(request.headers)
        except (BadToken, KeyError):
            raise HTTPException(401) from None
        return {"request": request, "response": response, "loaders": Loaders(caller)}


app = Starlette()
app.add_route("/graphql", View(strawberry.federation.Schema(query=Query, types=[Contract])))  # pyright: ignore
