"""What the tuned contestant loads: Core rows of just the columns, to-one relations joined, on AUTOCOMMIT connections."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, bindparam, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import create_async_engine
from strawberry.dataloader import DataLoader

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from bench.tokens import Caller
from db.clients import Client
from db.contracts import ContractLink
from db.milestones.tables import Milestone
from db.pages import read_cursor
from db.projects.tables import Project
from db.tasks.tables import Task
from db.tickets import TicketLink
from db.types import Key

from . import queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

engine = create_async_engine(
    os.environ["DATABASE_URL"], pool_size=8, max_overflow=0, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
)

# As text: making enum members of what goes out as text again would be for nothing.
STATUS = type_coerce(Project.status, String).label("status")
BARE = (Project.id, Project.number, Project.name, STATUS, Project.progress_percent, Project.due_date)
WITH_CLIENT = select(
    *BARE, Client.id.label("client_id"), Client.name.label("client_name"), ContractLink.contract_number
).select_from(
    Project.__table__.outerjoin(Client, and_(Client.org_id == Project.org_id, Client.id == Project.client_id)).outerjoin(
        ContractLink,
        and_(
            ContractLink.org_id == Project.org_id, ContractLink.project_id == Project.id,
            ContractLink.unlinked_at.is_(None),
        ),
    )
)  # fmt: skip
WITH_TICKET = (
    select(
        Task.project_id, Task.id, Task.name, type_coerce(Task.status, String).label("status"),
        type_coerce(Task.priority, String).label("priority"), Task.due_date, TicketLink.ticket_number,
        TicketLink.ticket_title, TicketLink.ticket_url,
    )
    .select_from(Task.__table__.outerjoin(
        TicketLink, and_(TicketLink.org_id == Task.org_id, TicketLink.task_id == Task.id, TicketLink.newest)
    ))
    .order_by(Task.id)
)  # fmt: skip


KEYS = bindparam("keys", expanding=True)


class Statements:
    """Every statement, built once for members and once for those who see everything: building is what costs."""

    def __init__(self, *, sees_all: bool) -> None:
        asker: Any = Caller(bindparam("org"), bindparam("user"), sees_all)  # type: ignore[arg-type]
        seen, more = queries.visible(asker), bindparam("more")
        self.project = select(*BARE).where(Project.id == bindparam("id"), seen)
        self.projects, self.joined_projects = (
            statement.where(seen, Project.id > bindparam("after")).order_by(Project.id).limit(more)
            for statement in (select(*BARE), WITH_CLIENT)
        )
        self.total = queries.total(asker)
        self.clients = (
            select(Client.id, Client.name, Client.name_folded)
            .where(
                queries.served(asker),
                tuple_(Client.name_folded, Client.id)
                > tuple_(bindparam("name", type_=Key), bindparam("after", type_=Key)),
            )
            .order_by(Client.name_folded, Client.id)
            .limit(more)
        )
        self.health = queries.health(asker, KEYS, bindparam("today"))
        self.milestones = (
            select(Milestone.project_id, Milestone.id, Milestone.name, Milestone.due_date)
            .where(Milestone.org_id == asker.org, Milestone.project_id.in_(KEYS))
            .order_by(*queries.milestones_in_order())
        )
        self.tasks = WITH_TICKET.where(Task.org_id == asker.org, Task.project_id.in_(KEYS))
        self.of_contract = (
            select(ContractLink.psa_contract_id, *BARE)
            .join(Project, and_(Project.org_id == ContractLink.org_id, Project.id == ContractLink.project_id))
            .where(
                ContractLink.org_id == asker.org, ContractLink.psa_contract_id.in_(KEYS),
                ContractLink.unlinked_at.is_(None), seen,
            )
            .order_by(Project.id)
        )  # fmt: skip


OWNERS, MEMBERS = Statements(sees_all=True), Statements(sees_all=False)


class Store:
    """What one request may load, as its caller."""

    def __init__(self, caller: Caller) -> None:
        self.known = OWNERS if caller.sees_all else MEMBERS
        self.asker = {"org": caller.org, "user": caller.user}
        self.milestones = DataLoader(load_fn=partial(self._each, self.known.milestones))
        self.tasks = DataLoader(load_fn=partial(self._each, self.known.tasks))
        self.of_contract = DataLoader(load_fn=partial(self._each, self.known.of_contract))

    async def fetch(self, statement: Select[Any], **values: Any) -> Sequence[Row[Any]]:
        """Run one statement."""
        async with engine.connect() as connection:
            return (await connection.execute(statement, {**self.asker, **values})).all()

    async def project(self, project_id: str) -> Row[Any] | None:
        """Load one project."""
        found = await self.fetch(self.known.project, id=project_id)
        return found[0] if found else None

    async def projects(self, first: int, after: str | None, *, joined: bool) -> Sequence[Row[Any]]:
        """Load a page of projects and one more, joined with client and contract where those are asked for."""
        statement = self.known.joined_projects if joined else self.known.projects
        return await self.fetch(statement, after=read_cursor(after, PROJECTS, 0, 1) if after else "", more=first + 1)

    async def total(self) -> int:
        """Count the projects."""
        return (await self.fetch(self.known.total))[0][0]

    async def command_center(self, first: int, after: str | None) -> tuple[list[Any], dict[str, tuple[int, ...]]]:
        """Load a page of clients and one more, and the figures of those who have any."""
        name, last = (read_cursor(after, CLIENTS_BY_NAME, place, 2) if after else "" for place in (0, 1))
        clients = await self.fetch(self.known.clients, name=name, after=last, more=first + 1)
        shown = [client.id for client in clients[:first]]
        rows = await self.fetch(self.known.health, keys=shown, today=queries.today_in_utc())
        return list(clients), {client: tuple(figures) for client, *figures in rows}

    async def _each(self, statement: Select[Any], keys: list[str]) -> list[list[Any]]:
        found = defaultdict(list)
        for row in await self.fetch(statement, keys=keys):
            found[row[0]].append(row)
        return [found[key] for key in keys]
