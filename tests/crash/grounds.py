"""Where a run happens: an organisation with many contracts, approved time on each, and its tenant in the PSA."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from db.organizations import Role
from tests import given
from tests.outbox.stage import contract_of
from tests.psa_sandbox import KEY

if TYPE_CHECKING:
    from random import Random

    from db.session import Database
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Ground:
    """The organisation, and its projects' entries that may be exported, {project: entries}."""

    place: Workplace
    entries: dict[str, list[str]]

    @property
    def tenant(self) -> str:
        return self.place.org

    @property
    def key(self) -> str:
        return f"{KEY}-{self.tenant}"


async def lay(database: Database, sandbox: Sandbox, dice: Random, lines: int, contracts: int) -> Ground:
    """Store a workplace whose lines are spread over so many contracts, and seed the PSA with the same."""
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
    for start in range(0, lines, AT_ONCE):
        async with database.write(None) as session:
            session.add_all(entries[start : start + AT_ONCE])
    users = [{"id": user.id, "email": user.email} for user in place.users.values()]
    await sandbox.seed(place.org, f"{KEY}-{place.org}", users=users, contracts=terms, tickets=[])
    of_project: dict[str, list[str]] = {project.id: [] for project in projects}
    for entry in entries:
        of_project[entry.project_id].append(entry.id)
    return Ground(place, of_project)
