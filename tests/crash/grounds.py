"""Where a run happens: an organisation with contracts, approved time and tasks on each, its tenant in the PSA."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from db.organizations import Role
from tests import given
from tests.kinds import KIND, KINDS
from tests.outbox.stage import contract_of
from tests.postgres import Postgres
from tests.psa_sandbox import CLIENTS, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from db.base import Base
    from db.session import Database
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Ground:
    """The organisation, its projects' entries that may be exported, {project: entries}, and tasks to escalate.

    The `unwanted` among the entries are to be taken back once they have arrived.
    """

    place: Workplace
    entries: dict[str, list[str]]
    tasks: list[str]
    unwanted: frozenset[str]

    @property
    def tenant(self) -> str:
        return self.place.org

    @property
    def key(self) -> str:
        return f"{KEY}-{self.tenant}"


async def lay(
    database: Database, sandbox: Sandbox, dice: Random, lines: int, contracts: int,
    *, tickets: int = 0, voids: int = 0, psa: str = KIND,
) -> Ground:  # fmt: skip
    """Store a workplace whose lines are spread over so many contracts, and seed a PSA of that kind with the same."""
    place = await given.workplace(database)
    owner, member = place.users[Role.OWNER], place.users[Role.MEMBER]
    terms = [contract_of(place.org, number) for number in range(contracts)]
    projects = [given.project(place.organization, owner) for _ in terms]
    links = [
        given.contract_link(project, owner, psa_contract_id=each["id"], contract_number=each["number"])
        for project, each in zip(projects, terms, strict=True)
    ]
    await given.stored(database, *projects, *links)
    entries = [
        given.time_entry(projects[line % contracts], member, hours=Decimal(dice.randrange(1, 800)) / 100)
        for line in range(lines)
    ]
    tasks = [given.task(projects[number % contracts]) for number in range(tickets)]
    await _store(database, [*entries, *tasks])
    await _seed(sandbox, place, terms, psa)
    of_project: dict[str, list[str]] = {project.id: [] for project in projects}
    for entry in entries:
        of_project[entry.project_id].append(entry.id)
    unwanted = frozenset(entry.id for entry in dice.sample(entries, voids))
    return Ground(place, of_project, [task.id for task in tasks], unwanted)


async def _store(database: Database, rows: list[Base]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        async with database.write(None) as session:
            session.add_all(rows[start : start + AT_ONCE])


async def _seed(sandbox: Sandbox, place: Workplace, terms: list[dict[str, str]], psa: str) -> None:
    """Make the workplace a tenant of a PSA of that kind."""
    users = [{"id": user.id, "email": user.email} for user in place.users.values()]
    clients = [*CLIENTS, {"id": place.client.id, "name": place.client.name}]
    things = {"users": users, "clients": clients, "contracts": terms, "tickets": []}
    await sandbox.seed(place.org, f"{KEY}-{place.org}", **things, settings=KINDS[psa])


@contextmanager
def fresh(backend: str, folder: Path) -> Iterator[str]:
    """Give an empty database, SQLite's in that folder or a PostgreSQL of its own."""
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/ledger.db"
        return
    with Postgres() as server:
        yield server.create_database("ledger")
