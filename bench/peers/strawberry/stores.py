"""What the tuned contestant loads: Core rows of just the columns, to-one relations joined, on AUTOCOMMIT connections."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, select, type_coerce
from sqlalchemy.ext.asyncio import create_async_engine
from strawberry.dataloader import DataLoader

from db.clients import Client
from db.contracts import ContractLink
from db.milestones.tables import Milestone
from db.projects.tables import Project
from db.tasks.tables import Task
from db.tickets import TicketLink

from . import queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

    from bench.tokens import Caller

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0, isolation_level="AUTOCOMMIT")

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


class Store:
    """What one request may load, as its caller."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.milestones = DataLoader(load_fn=self._milestones)
        self.tasks = DataLoader(load_fn=self._tasks)
        self.of_contract = DataLoader(load_fn=self._of_contract)

    async def fetch(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Run one statement."""
        async with engine.connect() as connection:
            return (await connection.execute(statement)).all()

    async def project(self, project_id: str) -> Row[Any] | None:
        """Load one project."""
        found = await self.fetch(select(*BARE).where(Project.id == project_id, queries.visible(self.caller)))
        return found[0] if found else None

    async def projects(self, first: int, after: str | None, *, joined: bool) -> Sequence[Row[Any]]:
        """Load a page of projects and one more, joined with client and contract where those are asked for."""
        statement = (WITH_CLIENT if joined else select(*BARE)).where(queries.visible(self.caller))
        return await self.fetch(queries.projects_after(statement, first, after))

    async def total(self) -> int:
        """Count the projects."""
        return (await self.fetch(queries.total(self.caller)))[0][0]

    async def command_center(self, first: int, after: str | None) -> tuple[list[Any], dict[str, tuple[int, ...]]]:
        """Load a page of clients and one more, and the figures of those who have any."""
        columns = select(Client.id, Client.name, Client.name_folded).where(queries.served(self.caller))
        clients = await self.fetch(queries.clients_after(columns, first, after))
        rows = await self.fetch(queries.health(self.caller, [client.id for client in clients[:first]]))
        return list(clients), {client: tuple(figures) for client, *figures in rows}

    async def _milestones(self, keys: list[str]) -> list[list[Any]]:
        columns = select(Milestone.project_id, Milestone.id, Milestone.name, Milestone.due_date)
        mine = (Milestone.org_id == self.caller.org, Milestone.project_id.in_(keys))
        return await self._each(columns.where(*mine).order_by(*queries.milestones_in_order()), keys)

    async def _tasks(self, keys: list[str]) -> list[list[Any]]:
        return await self._each(WITH_TICKET.where(Task.org_id == self.caller.org, Task.project_id.in_(keys)), keys)

    async def _of_contract(self, keys: list[str]) -> list[list[Any]]:
        statement = (
            select(ContractLink.psa_contract_id, *BARE)
            .join(Project, and_(Project.org_id == ContractLink.org_id, Project.id == ContractLink.project_id))
            .where(
                ContractLink.org_id == self.caller.org, ContractLink.psa_contract_id.in_(keys),
                ContractLink.unlinked_at.is_(None), queries.visible(self.caller),
            )
            .order_by(Project.id)
        )  # fmt: skip
        return await self._each(statement, keys)

    async def _each(self, statement: Select[Any], keys: list[str]) -> list[list[Any]]:
        found = defaultdict(list)
        for row in await self.fetch(statement):
            found[row[0]].append(row)
        return [found[key] for key in keys]
