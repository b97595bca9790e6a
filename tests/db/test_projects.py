"""Projects are created, changed and archived, and have members."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.access import Action
from db.clients import Client, ensure
from db.organizations import Role
from db.projects import commands, members
from db.projects.tables import Project, ProjectMember, ProjectStatus
from db.refusals import (
    ClientNotFound,
    Forbidden,
    InvalidInput,
    MemberIsOwner,
    ProjectArchived,
    UserNotFound,
)
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database
    from db.viewers import Viewer


async def created(database: Database, viewer: Viewer, **values: Any) -> Project:
    return await does(database, viewer, commands.create, {"name": "Migration"} | values, now=NOW)


async def roles(database: Database, project: Project) -> dict[str, Role]:
    found = await rows(database, project.org_id, ProjectMember, project_id=project.id)
    return {member.user_id: member.role for member in found}


async def test_a_manager_creates_a_project_and_becomes_its_owner(database: Database):
    place = await given.workplace(database)
    manager = place.viewer(Role.MANAGER)

    project = await created(
        database, manager, name="  Ärmel Umzug ", client_id=place.client.id, budget=Decimal("1000.00"), tags=["a", "a"]
    )

    [stored] = await rows(database, place.org, Project, id=project.id)
    assert (stored.number, stored.name, stored.name_folded) == ("PRJ-000001", "Ärmel Umzug", "ärmel umzug")
    assert (stored.engine, stored.status, stored.budget) == ("MSP", ProjectStatus.PLANNING, Decimal("1000.00"))
    assert (stored.owner_id, stored.tags, stored.custom_fields) == (manager.user_id, ["a"], {})
    assert await roles(database, project) == {manager.user_id: Role.OWNER}
    assert await kinds(database, place.org) == ["PROJECT_CREATED"]


async def test_a_project_created_for_another_owner_keeps_its_creator_as_manager(database: Database):
    place = await given.workplace(database)
    owner = place.users[Role.MEMBER].id

    project = await created(database, place.viewer(Role.ADMIN), owner_id=owner)

    assert await roles(database, project) == {owner: Role.OWNER, place.users[Role.ADMIN].id: Role.MANAGER}


async def test_numbers_have_neither_gaps_nor_doubles_when_many_create_at_once(database: Database):
    place = await given.workplace(database)

    made = await asyncio.gather(*(created(database, place.viewer()) for _ in range(8)))

    assert sorted(project.number for project in made) == [f"PRJ-{number:06}" for number in range(1, 9)]


async def test_members_and_integration_keys_create_no_project(database: Database):
    place = await given.workplace(database)

    for viewer in (place.viewer(Role.MEMBER), given.integration(place.organization)):
        with pytest.raises(Forbidden):
            await created(database, viewer)

    assert len(await rows(database, place.org, Project)) == 1


async def test_all_wrong_values_are_named_at_once(database: Database):
    place = await given.workplace(database)

    with pytest.raises(InvalidInput) as refused:
        await created(database, place.viewer(), name=" ", budget=Decimal("1.001"), status="DROPPED", tags=["x" * 201])

    assert set(refused.value.fields) == {"name", "budget", "status", "tags"}


async def test_unknown_owners_and_clients_are_refused(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)

    with pytest.raises(UserNotFound):
        await created(database, place.viewer(), owner_id=elsewhere.users[Role.OWNER].id)
    with pytest.raises(ClientNotFound):
        await created(database, place.viewer(), client_id=elsewhere.client.id)


async def test_only_what_is_given_changes_and_what_changed_is_written_down(database: Database):
    place = await given.workplace(database, description="Floor 2")
    said = {"name": "Bigger move", "status": ProjectStatus.COMPLETED}

    project = await does(database, place.viewer(Role.MANAGER), commands.update, place.project.id, said, now=NOW)
    again = await does(database, place.viewer(Role.MANAGER), commands.update, place.project.id, said, now=NOW)

    assert (project.name, project.description, project.completed_at) == ("Bigger move", "Floor 2", NOW)
    assert project.name_folded == "bigger move"
    assert again.completed_at == NOW
    assert await kinds(database, place.org) == ["PROJECT_UPDATED"]


async def test_a_reopened_project_is_no_longer_completed_at_any_time(database: Database):
    place = await given.workplace(database, status=ProjectStatus.COMPLETED, completed_at=NOW)

    project = await does(
        database, place.viewer(), commands.update, place.project.id, {"status": ProjectStatus.ACTIVE}, now=NOW
    )

    assert project.completed_at is None


async def test_the_engine_is_fixed(database: Database):
    place = await given.workplace(database)

    with pytest.raises(InvalidInput):
        await does(database, place.viewer(), commands.update, place.project.id, {"engine": "Legal"}, now=NOW)


async def test_a_new_owner_takes_over_and_the_old_one_stays_as_manager(database: Database):
    place = await given.workplace(database)
    heir = place.users[Role.MEMBER].id

    await does(database, place.viewer(), commands.update, place.project.id, {"owner_id": heir}, now=NOW)

    found = await roles(database, place.project)
    assert (found[heir], found[place.users[Role.OWNER].id]) == (Role.OWNER, Role.MANAGER)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
async def test_who_is_no_owner_of_a_project_does_not_give_it_away_either(database: Database, role: Role):
    place = await given.workplace(database)
    person = given.user(place.organization)
    await given.stored(database, person, given.member(place.project, person, role))
    viewer, owner = given.viewer(place.organization, person), place.users[Role.OWNER].id

    for heir in (person.id, place.users[Role.MEMBER].id):
        with pytest.raises(Forbidden) as refused:
            await does(database, viewer, commands.update, place.project.id, {"owner_id": heir}, now=NOW)
        assert refused.value.least_role == Role.OWNER
    await does(database, viewer, commands.update, place.project.id, {"owner_id": owner, "name": "Bigger"}, now=NOW)

    assert (await roles(database, place.project))[owner] is Role.OWNER


async def test_the_projects_owner_and_the_organisations_admins_hand_it_over(database: Database):
    place = await given.workplace(database)
    founder = given.user(place.organization, role=Role.MANAGER)
    founded = given.project(place.organization, founder)
    await given.stored(database, founder, founded, given.member(founded, founder, Role.OWNER))
    heirs = [place.users[Role.MEMBER].id, place.users[Role.MANAGER].id]

    for viewer, heir in zip([given.viewer(place.organization, founder), place.viewer(Role.ADMIN)], heirs, strict=True):
        await does(database, viewer, commands.update, founded.id, {"owner_id": heir}, now=NOW)

    assert await roles(database, founded) == {
        founder.id: Role.MANAGER, heirs[0]: Role.MANAGER, heirs[1]: Role.OWNER
    }  # fmt: skip


async def test_only_an_owner_archives_and_a_repeat_changes_nothing(database: Database):
    place = await given.workplace(database)

    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.ADMIN), commands.archive, place.project.id, now=NOW)
    await does(database, place.viewer(), commands.archive, place.project.id, now=NOW)
    project = await does(database, place.viewer(), commands.archive, place.project.id, now=NOW)

    assert project.archived_at == NOW
    assert await kinds(database, place.org) == ["PROJECT_ARCHIVED"]
    with pytest.raises(ProjectArchived):
        await does(database, place.viewer(), commands.update, place.project.id, {"name": "Late"}, now=NOW)


async def test_a_member_is_added_gets_another_role_and_leaves(database: Database):
    place = await given.workplace(database)
    newcomer = given.user(place.organization)
    await given.stored(database, newcomer)
    manager = place.viewer(Role.MANAGER)

    await does(database, manager, members.add, place.project.id, newcomer.id, Role.VIEWER, now=NOW)
    await does(database, manager, members.add, place.project.id, newcomer.id, Role.MEMBER, now=NOW)
    there = await roles(database, place.project)
    await does(database, manager, members.remove, place.project.id, newcomer.id, now=NOW)

    assert there[newcomer.id] is Role.MEMBER
    assert newcomer.id not in await roles(database, place.project)
    assert await kinds(database, place.org) == ["MEMBER_ADDED", "MEMBER_ADDED", "MEMBER_REMOVED"]


async def test_a_role_that_somebody_has_is_no_news(database: Database):
    place = await given.workplace(database)
    member = place.users[Role.MEMBER].id

    joined, again = [
        await does(database, place.viewer(), members.add, place.project.id, member, Role.VIEWER, now=NOW)
        for _ in range(2)
    ]

    assert (again.id, again.role) == (joined.id, Role.VIEWER)
    assert await kinds(database, place.org) == ["MEMBER_ADDED"]


async def test_the_owner_can_be_neither_removed_nor_given_another_role(database: Database):
    place = await given.workplace(database)
    owner = place.users[Role.OWNER].id

    for command, *said in ((members.remove, owner), (members.add, owner, Role.MEMBER)):
        with pytest.raises(MemberIsOwner):
            await does(database, place.viewer(Role.MANAGER), command, place.project.id, *said, now=NOW)


async def test_nobody_gives_more_than_they_have_and_ownership_is_not_given_so(database: Database):
    place = await given.workplace(database)
    member = place.users[Role.MEMBER].id

    with pytest.raises(Forbidden) as refused:
        await does(database, place.viewer(Role.MANAGER), members.add, place.project.id, member, Role.ADMIN, now=NOW)
    with pytest.raises(InvalidInput):
        await does(database, place.viewer(), members.add, place.project.id, member, Role.OWNER, now=NOW)

    assert refused.value.action == Action.EDIT_MEMBERS


async def test_nobody_takes_more_than_they_have(database: Database):
    place = await given.workplace(database)
    lead, project = given.user(place.organization), place.project.id
    await given.stored(database, lead, given.member(place.project, lead, Role.ADMIN))

    for command, *said in ((members.add, lead.id, Role.VIEWER), (members.remove, lead.id)):
        with pytest.raises(Forbidden) as refused:
            await does(database, place.viewer(Role.MANAGER), command, project, *said, now=NOW)
        assert refused.value.least_role == Role.ADMIN
    before = await roles(database, place.project)
    await does(database, place.viewer(Role.ADMIN), members.add, project, lead.id, Role.MANAGER, now=NOW)
    await does(database, place.viewer(Role.MANAGER), members.remove, project, lead.id, now=NOW)

    assert before[lead.id] is Role.ADMIN
    assert lead.id not in await roles(database, place.project)


async def test_removing_somebody_who_is_no_member_is_refused(database: Database):
    place = await given.workplace(database)

    with pytest.raises(UserNotFound):
        await does(database, place.viewer(), members.remove, place.project.id, place.users[Role.ADMIN].id, now=NOW)


async def test_a_client_is_kept_once_and_renamed(database: Database):
    place = await given.workplace(database)

    for name in ("Übel GmbH", "Edel GmbH"):
        async with database.write(place.org) as session:
            await ensure(session, place.org, "cl_new", name)

    [client] = await rows(database, place.org, Client, id="cl_new")
    assert (client.name, client.name_folded) == ("Edel GmbH", "edel gmbh")
