"""Credentials become viewers, and the people behind them become known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from db.askers import Sight
from db.connections.commands import save
from db.organizations import Role, User
from db.refusals import OrganizationNotFound
from db.vaults import Vault
from db.viewers import CallerKind, Person, Viewer, integration_viewer, known_viewer, load_viewer
from tests import given
from tests.acting import does, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database

VAULT = Vault(["SU1bX0pP9U8mv4a6oJFR0bTtrCW2vM0qxg5OQ9e3T4k="], "pepper")


async def loaded(database: Database, person: Person) -> Viewer:
    async with database.write(person.org_id) as session:
        return await load_viewer(session, person)


async def test_a_member_of_more_than_many_projects_is_told_from_a_member_of_few(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("db.viewers.MANY", 2)
    place = await given.workplace(database)
    person = place.users[Role.MEMBER]
    others = [given.project(place.organization, place.users[Role.OWNER]) for _ in range(2)]
    await given.stored(database, *others)
    shown = Person(place.org, person.id, person.name, person.email, person.role)

    before = await loaded(database, shown)
    await given.stored(database, *[given.member(project, person) for project in others])
    after = await loaded(database, shown)

    assert (before.sight, after.sight) == (Sight.FEW, Sight.MANY)


async def test_a_person_is_kept_at_first_sight_and_when_their_facts_change(database: Database):
    org = given.organization(currency="EUR", time_approval_required=False)
    await given.stored(database, org)
    person = Person(org.org_id, "usr_ana", "Ana Silva", "ana@example.com", Role.ADMIN)

    viewer = await loaded(database, person)
    await loaded(database, replace(person, name="Ana Costa", role=Role.MEMBER))

    assert (viewer.kind, viewer.role, viewer.sees_all) == (CallerKind.SESSION, Role.ADMIN, True)
    assert (viewer.currency, viewer.time_approval_required) == ("EUR", False)
    [user] = await rows(database, org.org_id, User)
    assert (user.name, user.role) == ("Ana Costa", Role.MEMBER)


async def test_a_known_person_is_read_without_writing(database: Database):
    place = await given.workplace(database)
    user = place.users[Role.MEMBER]
    person = Person(place.org, user.id, user.name, user.email, user.role)

    async with database.read(place.org) as session:
        same = await known_viewer(session, person)
        changed = await known_viewer(session, replace(person, email="new@example.com"))

    assert same == place.viewer(Role.MEMBER)
    assert changed is None


async def test_an_organisation_that_was_not_set_up_has_no_viewers(database: Database):
    with pytest.raises(OrganizationNotFound):
        await loaded(database, Person("org_none", "usr_1", "A", "a@example.com", Role.OWNER))


async def test_a_person_signing_in_twice_at_the_same_moment_is_one_person(database: Database):
    org = given.organization()
    await given.stored(database, org)
    person = Person(org.org_id, "usr_twice", "Ana", "ana@example.com", Role.MEMBER)

    first, second = await asyncio.gather(loaded(database, person), loaded(database, person))

    assert first == second
    assert len(await rows(database, org.org_id, User)) == 1


async def test_an_integration_key_is_its_organisation_and_another_key_is_nobody(database: Database):
    place = await given.workplace(database)
    said = {"api_url": "https://psa.example.com", "integration_key": f"psa_key_of_{place.org}_0001"}
    await does(database, place.viewer(), save, said, vault=VAULT, now=NOW)

    async with database.read(None) as session:
        found = await integration_viewer(session, VAULT.digest(said["integration_key"]))
        nobody = await integration_viewer(session, VAULT.digest("psa_key_of_nobody_at_all"))

    assert found is not None
    assert (found.kind, found.org_id, found.sees_all, found.role) == (CallerKind.INTEGRATION, place.org, True, None)
    assert nobody is None
