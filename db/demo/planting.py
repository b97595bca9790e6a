"""Planting the demo: both organisations grown from one seed and stored in one unit."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import insert

from db.base import Base
from db.connections.commands import PURPOSE
from db.connections.tables import PsaConnection
from db.organizations import User

from .exports import export
from .ground import Ground
from .hours import log
from .links import Remote, link, open_accounts
from .names import CLIENTS, NEIGHBOUR_CLIENTS, NEIGHBOURS, PEOPLE
from .people import settle, win_clients
from .stories import tell
from .work import begin

if TYPE_CHECKING:
    from datetime import date, datetime

    from db.session import Database
    from db.vaults import Vault

SEED = 20261122
ORG, NEIGHBOUR_ORG = "org_northwind", "org_harbour"
KEYS = {ORG: "psa_demo_key_of_northwind", NEIGHBOUR_ORG: "psa_demo_key_of_harbour"}  # of a sandbox, no secret


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """One organisation of the demo: its people by role, its projects by state, and what its PSA should know."""

    org_id: str
    integration_key: str
    users: dict[str, list[str]]
    projects: dict[str, list[str]]
    ground: Ground
    remote: Remote


async def plant(
    database: Database, *, today: date, now: datetime, vault: Vault, psa_url: str
) -> tuple[DemoFacts, DemoFacts]:
    """Store both organisations, the larger one first; every call with the same day and moment stores the same."""
    planted = _northwind(today, now), _harbour(today, now)
    async with database.write(None) as session:
        for facts in planted:
            _connect(facts, vault, psa_url)
            for mapper in _parents_first():
                if facts.ground.all(mapper):
                    # Without the option SQLAlchemy makes a statement of its own for every pattern of nulls.
                    insertion = insert(mapper).execution_options(render_nulls=True)
                    await session.execute(insertion, facts.ground.all(mapper))
    return planted


def _northwind(today: date, now: datetime) -> DemoFacts:
    ground, remote = _new(ORG, today, now), Remote("NWD")
    settle(ground, PEOPLE, name="Northwind IT Services", timezone="UTC", currency="USD")
    win_clients(ground, CLIENTS)
    open_accounts(ground, remote, contracts=40, tickets=400)
    projects = begin(ground)
    link(ground, remote)
    log(ground, 3000)
    export(ground, remote)
    tell(ground)
    return _facts(ground, remote, projects)


def _harbour(today: date, now: datetime) -> DemoFacts:
    ground, remote = _new(NEIGHBOUR_ORG, today, now), Remote("HBR")
    settle(
        ground, NEIGHBOURS, name="Harbour Systemhaus", timezone="Europe/Berlin", currency="EUR",
        project_number_prefix="CLT", time_approval_required=False,
    )  # fmt: skip
    win_clients(ground, NEIGHBOUR_CLIENTS)
    open_accounts(ground, remote, contracts=4, tickets=20)
    projects = begin(ground, every=12)
    link(ground, remote)
    log(ground, 60)
    export(ground, remote)
    tell(ground)
    return _facts(ground, remote, projects)


def _new(org_id: str, today: date, now: datetime) -> Ground:
    return Ground(org_id, today, now, Random(f"{SEED}{org_id}"))  # noqa: S311 - chance that must repeat


def _facts(ground: Ground, remote: Remote, projects: dict[str, list[str]]) -> DemoFacts:
    users: dict[str, list[str]] = {}
    for user in ground.all(User):
        users.setdefault(user.role.value, []).append(user.id)
    return DemoFacts(ground.org_id, KEYS[ground.org_id], users, projects, ground, remote)


def _connect(facts: DemoFacts, vault: Vault, psa_url: str) -> None:
    facts.ground.add(
        PsaConnection, tenant_id=facts.org_id, api_url=psa_url, key_hash=vault.digest(facts.integration_key),
        key_sealed=vault.seal(facts.org_id, PURPOSE, facts.integration_key), key_updated_at=facts.ground.now,
        key_last_four=facts.integration_key[-4:],
    )  # fmt: skip


def _parents_first() -> list[type[Base]]:
    of_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    return [of_table[table] for table in Base.metadata.sorted_tables if table in of_table]
