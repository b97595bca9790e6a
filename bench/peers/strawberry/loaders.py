"""The loaders of the documented way: one per relation, made for every request, each batch a session of its own."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
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

    from sqlalchemy import Select

    from bench.tokens import Caller

sessions = async_sessionmaker(create_async_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=0))


class Loaders:
    """What one request may load, as its caller."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.client = DataLoader(load_fn=self._clients)
        self.contract_link = DataLoader(load_fn=self._contract_links)
        self.ticket_link = DataLoader(load_fn=self._ticket_links)
        self.milestones = DataLoader(load_fn=self._milestones)
        self.tasks = DataLoader(load_fn=self._tasks)
        self.health = DataLoader(load_fn=self._health)
        self.of_contract = DataLoader(load_fn=self._of_contract)

    async def project(self, project_id: str) -> Project | None:
        """Load one project."""
        found = await self._all(select(Project).where(Project.id == project_id, queries.visible(self.caller)))
        return found[0] if found else None

    async def projects(self, first: int, after: str | None) -> Sequence[Project]:
        """Load a page of projects, and one more."""
        return await self._all(
            queries.projects_after(select(Project).where(queries.visible(self.caller)), first, after)
        )

    async def clients(self, first: int, after: str | None) -> Sequence[Client]:
        """Load a page of clients, and one more."""
        return await self._all(queries.clients_after(select(Client).where(queries.served(self.caller)), first, after))

    async def total(self) -> int:
        """Count the projects."""
        return (await self._all(queries.total(self.caller)))[0]

    async def _all(self, statement: Select[Any]) -> Sequence[Any]:
        async with sessions() as session:
            return (await session.scalars(statement)).all()

    async def _one_each(self, statement: Select[Any], keys: list[str], by: str) -> list[Any]:
        found = {getattr(row, by): row for row in await self._all(statement)}
        return [found.get(key) for key in keys]

    async def _many_each(self, statement: Select[Any], keys: list[str]) -> list[list[Any]]:
        found = defaultdict(list)
        for row in await self._all(statement):
            found[row.project_id].append(row)
        return [found[key] for key in keys]

    async def _clients(self, keys: list[str]) -> list[Client | None]:
        statement = select(Client).where(Client.org_id == self.caller.org, Client.id.in_(keys))
        return await self._one_each(statement, keys, "id")

    async def _contract_links(self, keys: list[str]) -> list[ContractLink | None]:
        table = ContractLink
        mine = (table.org_id == self.caller.org, table.project_id.in_(keys), table.unlinked_at.is_(None))
        return await self._one_each(select(table).where(*mine), keys, "project_id")

    async def _ticket_links(self, keys: list[str]) -> list[TicketLink | None]:
        table = TicketLink
        mine = (table.org_id == self.caller.org, table.task_id.in_(keys), table.newest)
        return await self._one_each(select(table).where(*mine), keys, "task_id")

    async def _milestones(self, keys: list[str]) -> list[list[Milestone]]:
        mine = (Milestone.org_id == self.caller.org, Milestone.project_id.in_(keys))
        return await self._many_each(select(Milestone).where(*mine).order_by(*queries.milestones_in_order()), keys)

    async def _tasks(self, keys: list[str]) -> list[list[Task]]:
        mine = (Task.org_id == self.caller.org, Task.project_id.in_(keys))
        return await self._many_each(select(Task).where(*mine).order_by(Task.id), keys)

    async def _health(self, keys: list[str]) -> list[tuple[int, ...]]:
        async with sessions() as session:
            rows = await session.execute(queries.health(self.caller, keys, queries.today_in_utc()))
            found = {client: tuple(figures) for client, *figures in rows}
        return [found.get(key, (0, 0, 0, 0, 0)) for key in keys]

    async def _of_contract(self, keys: list[str]) -> list[list[Project]]:
        statement = (
            select(ContractLink.psa_contract_id, Project)
            .join(Project, (Project.org_id == ContractLink.org_id) & (Project.id == ContractLink.project_id))
            .where(
                ContractLink.org_id == self.caller.org, ContractLink.psa_contract_id.in_(keys),
                ContractLink.unlinked_at.is_(None), queries.visible(self.caller),
            )
            .order_by(Project.id)
        )  # fmt: skip
        found = defaultdict(list)
        async with sessions() as session:
            for contract, project in await session.execute(statement):
                found[contract].append(project)
        return [found[key] for key in keys]
