"""Who may do what, and that a foreign thing is not there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from db import access
from db.access import LEAST_ROLE, Action, allowed, effective_role, require_org
from db.organizations import Role
from db.refusals import Forbidden, ProjectArchived, ProjectNotFound, Refusal, TaskNotFound, TimeEntryNotFound
from tests import given
from tests.acting import does
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database

MEMBERS_MAY = {
    Action.READ, Action.LINK_TICKET, Action.ESCALATE_TASK, Action.EDIT_TASKS, Action.LOG_TIME, Action.EDIT_OWN_TIME
}  # fmt: skip
MANAGERS_MAY = MEMBERS_MAY | {
    Action.EDIT_ANY_TIME, Action.APPROVE_TIME, Action.LINK_CONTRACT, Action.EXPORT_TIME, Action.UPDATE_PROJECT,
    Action.EDIT_MILESTONES, Action.EDIT_MEMBERS, Action.CREATE_PROJECT,
}  # fmt: skip
ROLE_MAY = {
    None: set(),
    Role.VIEWER: {Action.READ},
    Role.MEMBER: MEMBERS_MAY,
    Role.MANAGER: MANAGERS_MAY,
    Role.ADMIN: MANAGERS_MAY | {Action.CONFIGURE},
    Role.OWNER: set(Action),
}
NOBODY = given.organization()


def test_every_action_has_a_least_role():
    assert set(LEAST_ROLE) == set(Action)


@pytest.mark.parametrize("role", ROLE_MAY)
def test_a_project_role_may_exactly_what_the_table_of_domain_3_says(role: Role | None):
    member = given.viewer(NOBODY, given.user(NOBODY, role=Role.MEMBER))

    assert allowed(member, role) == ROLE_MAY[role]


@pytest.mark.parametrize(("hub", "project"), list(itertools.product(Role, [None, *Role])))
def test_the_hub_role_is_kept_by_owners_and_admins_and_a_ceiling_for_viewers(hub: Role, project: Role | None):
    person = given.viewer(NOBODY, given.user(NOBODY, role=hub))

    found = effective_role(person, project)

    if hub is Role.OWNER or (hub is Role.ADMIN and project is Role.OWNER):
        assert found is Role.OWNER
    elif hub is Role.ADMIN:
        assert found is Role.ADMIN
    elif hub is Role.VIEWER and project:
        assert found is Role.VIEWER
    else:
        assert found is project


@pytest.mark.parametrize("role", Role)
def test_an_integration_key_reads_and_nothing_else(role: Role):
    assert allowed(given.integration(NOBODY), role) == {Action.READ}


@pytest.mark.parametrize(("role", "may"), [(Role.MEMBER, False), (Role.MANAGER, True), (Role.OWNER, True)])
def test_creating_projects_takes_a_manager_of_the_organisation(role: Role, may: bool):  # noqa: FBT001
    person = given.viewer(NOBODY, given.user(NOBODY, role=role))

    if may:
        require_org(person, Action.CREATE_PROJECT)
    else:
        with pytest.raises(Forbidden) as refused:
            require_org(person, Action.CREATE_PROJECT)
        assert refused.value.least_role == Role.MANAGER


def test_an_integration_key_configures_nothing():
    with pytest.raises(Forbidden) as refused:
        require_org(given.integration(NOBODY), Action.CONFIGURE)

    assert refused.value.least_role is None


async def test_a_foreign_id_and_an_unknown_one_are_refused_in_the_same_words(database: Database):
    here, there = await given.workplace(database), await given.workplace(database)
    unknown = here.project.id[:-1] + ("0" if here.project.id[-1] != "0" else "1")

    said = []
    for wanted in (there.project.id, unknown):
        with pytest.raises(ProjectNotFound) as refused:
            await does(database, here.viewer(), access.project_for, wanted, Action.READ)
        said.append(refused.value.message.replace(wanted, "X"))

    assert said[0] == said[1]


async def test_a_stranger_in_the_organisation_reads_nothing_and_is_told_why_a_command_fails(database: Database):
    place = await given.workplace(database)
    stranger, task = given.user(place.organization), given.task(place.project)
    await given.stored(database, stranger, task)
    viewer = given.viewer(place.organization, stranger)

    with pytest.raises(TaskNotFound):
        await does(database, viewer, access.task_for, task.id, Action.READ)
    with pytest.raises(Forbidden):
        await does(database, viewer, access.task_for, task.id, Action.EDIT_TASKS)


async def test_an_admin_reaches_a_project_without_being_a_member(database: Database):
    place = await given.workplace(database)

    found = await does(database, place.viewer(Role.ADMIN), access.project_for, place.project.id, Action.LINK_CONTRACT)

    assert found.id == place.project.id


@pytest.mark.parametrize("action", sorted(access.ENDED_BY_ARCHIVING))
async def test_nothing_new_is_begun_in_an_archived_project(database: Database, action: Action):
    place = await given.workplace(database, archived_at=NOW)

    with pytest.raises(ProjectArchived):
        await does(database, place.viewer(), access.project_for, place.project.id, action)


async def test_own_time_takes_a_member_and_others_time_a_manager(database: Database):
    place = await given.workplace(database)
    entry = given.time_entry(place.project, place.users[Role.MEMBER])
    other = given.user(place.organization)
    await given.stored(database, entry, other, given.member(place.project, other))

    async def tries(viewer: given.Viewer) -> str:
        try:
            found, _ = await does(database, viewer, access.entry_for, entry.id, Action.EDIT_OWN_TIME)
        except Refusal as refusal:
            return refusal.code
        return found.id

    assert await tries(place.viewer(Role.MEMBER)) == entry.id
    assert await tries(place.viewer(Role.MANAGER)) == entry.id
    assert await tries(given.viewer(place.organization, other)) == "FORBIDDEN"
    with pytest.raises(TimeEntryNotFound):
        await does(database, place.viewer(), access.entry_for, "tme_0", Action.READ)
