"""Strawberry as fast as it goes without replacing it: documents kept, rows as sources, orjson, few coroutines."""

from datetime import date
from typing import Any, Generic, NamedTuple

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from bench.tokens import Tokens
from db.pages import write_cursor
from db.projects.tables import ProjectStatus
from db.tasks.tables import TaskPriority, TaskStatus
from psa.hub import BadToken

from .leaves import ID, Client, ContractLink, Edge, Milestone, Node, PageInfo, TicketLink
from .stores import Store


class ClientPart(NamedTuple):
    id: str
    name: str


class EdgePart(NamedTuple):
    cursor: str
    node: Any


class PageInfoPart(NamedTuple):
    has_next_page: bool
    end_cursor: str | None


class PagePart(NamedTuple):
    nodes: list[Any]
    edges: list[EdgePart]
    page_info: PageInfoPart


class HealthPart(NamedTuple):
    active_projects: int
    overdue_projects: int
    average_progress: float | None
    overdue_milestones: int
    at_risk_projects: int


class ClientHealthPart(NamedTuple):
    client: ClientPart
    health: HealthPart


@strawberry.type
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    nodes: list[Node]
    page_info: PageInfo

    @strawberry.field
    async def total_count(self, info: strawberry.Info) -> int:
        return await info.context.total()


def page(rows: Any, first: int) -> Any:
    nodes = list(rows[:first])
    edges = [EdgePart(write_cursor(PROJECTS, [row.id]), row) for row in nodes]
    return PagePart(nodes, edges, PageInfoPart(len(rows) > first, edges[-1].cursor if edges else None))


@strawberry.type
class Task:
    id: ID
    name: str
    status: TaskStatus
    priority: TaskPriority
    due_date: date | None

    @strawberry.field
    def ticket_link(self) -> TicketLink | None:
        return self if self.ticket_number is not None else None  # pyright: ignore - self is a row, and the link too


@strawberry.type
class Project:
    id: ID
    number: str
    name: str
    status: ProjectStatus
    progress_percent: int
    due_date: date | None

    @strawberry.field
    def client(self) -> Client | None:
        return ClientPart(self.client_id, self.client_name) if self.client_id is not None else None  # pyright: ignore

    @strawberry.field
    def contract_link(self) -> ContractLink | None:
        return self if self.contract_number is not None else None  # pyright: ignore - as a task's ticket

    @strawberry.field
    async def milestones(self, info: strawberry.Info) -> list[Milestone]:
        return await info.context.milestones.load(self.id)

    @strawberry.field
    async def tasks(self, info: strawberry.Info, first: int = 20) -> Connection[Task]:
        return page(await info.context.tasks.load(self.id), first)


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
    health: Health


@strawberry.federation.type(keys=["id"])
class Contract:
    id: ID

    @strawberry.field
    async def projects(self, info: strawberry.Info, first: int = 20) -> Connection[Project]:
        return page(await info.context.of_contract.load(self.id), first)

    @classmethod
    def resolve_reference(cls, id: ID) -> "Contract":  # noqa: A002 - the key's name
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    async def project(self, info: strawberry.Info, id: ID) -> Project | None:  # noqa: A002 - the contract's name
        return await info.context.project(id)  # pyright: ignore - a row

    @strawberry.field
    async def projects(self, info: strawberry.Info, first: int = 20, after: str | None = None) -> Connection[Project]:
        joined = any(wanted in info._raw_info.field_nodes[0].loc.source.body for wanted in ("client", "contractLink"))  # noqa: SLF001 # pyright: ignore
        return page(await info.context.projects(first, after, joined=joined), first)

    @strawberry.field
    async def command_center(
        self, info: strawberry.Info, first: int = 20, after: str | None = None
    ) -> Connection[ClientHealth]:
        clients, figures = await info.context.command_center(first, after)
        nodes = [ClientHealthPart(ClientPart(row.id, row.name), health(figures.get(row.id))) for row in clients[:first]]
        edges = [
            EdgePart(write_cursor(CLIENTS_BY_NAME, [row.name_folded, row.id]), node)
            for row, node in zip(clients, nodes)  # noqa: B905 - one row more
        ]
        return PagePart(nodes, edges, PageInfoPart(len(clients) > first, edges[-1].cursor if edges else None))  # pyright: ignore


def health(figures: tuple[int, ...] | None) -> HealthPart:
    active, overdue, progress, late, at_risk = figures or (0, 0, 0, 0, 0)
    return HealthPart(active, overdue, round(progress / active, 1) if active else None, late, at_risk)


class View(GraphQL[Any, Any]):
    tokens = Tokens()

    async def get_context(self, request: Any, response: Any) -> Any:
        try:
            return Store(self.tokens.caller(request.headers))
        except (BadToken, KeyError):
            raise HTTPException(401) from None

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


schema = strawberry.federation.Schema(query=Query, types=[Contract], extensions=[ParserCache, ValidationCache])
app = Starlette()
app.add_route("/graphql", View(schema))  # pyright: ignore
