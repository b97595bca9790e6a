"""Milestones are promised, kept and moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.milestones import commands
from db.milestones.tables import Milestone, MilestoneStatus
from db.organizations import Role
from db.refusals import Forbidden, InvalidInput, ListTooLong, MilestoneNotFound
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW, TODAY

if TYPE_CHECKING:
    from db.session import Database


async def test_a_manager_promises_a_milestone_and_completes_it(database: Database):
    place = await given.workplace(database)
    manager = place.viewer(Role.MANAGER)

    made = await does(
        database, manager, commands.create, place.project.id, {"name": "Go live", "due_date": TODAY}, now=NOW
    )
    done = await does(database, manager, commands.update, made.id, {"status": "COMPLETED"}, now=NOW)

    assert (made.status, made.visible_to_client, made.completed_at) == (MilestoneStatus.PENDING, True, None)
    assert (done.status, done.due_date, done.completed_at) == (MilestoneStatus.COMPLETED, TODAY, NOW)
    assert await kinds(database, place.org) == ["MILESTONE_CREATED", "MILESTONE_UPDATED"]


async def test_a_milestone_needs_a_name_and_a_manager(database: Database):
    place = await given.workplace(database)

    with pytest.raises(InvalidInput):
        await does(database, place.viewer(), commands.create, place.project.id, {}, now=NOW)
    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.MEMBER), commands.create, place.project.id, {"name": "x"}, now=NOW)
    with pytest.raises(MilestoneNotFound):
        await does(database, place.viewer(), commands.update, "mst_0", {"name": "x"}, now=NOW)


async def test_a_project_has_at_most_a_hundred_milestones(database: Database):
    place = await given.workplace(database)
    await given.stored(database, *(given.milestone(place.project) for _ in range(100)))

    with pytest.raises(ListTooLong) as refused:
        await does(database, place.viewer(), commands.create, place.project.id, {"name": "One more"}, now=NOW)

    assert refused.value.limit == 100
    assert len(await rows(database, place.org, Milestone)) == 100
