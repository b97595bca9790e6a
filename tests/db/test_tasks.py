"""Tasks are planned and done, wait for each other, and move their project's progress."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from db.projects.tables import Project
from db.refusals import DependencyCycle, Forbidden, InvalidInput, MilestoneNotFound, TaskNotFound, UserNotFound
from db.tasks import commands
from db.tasks.tables import Task, TaskDependency, TaskPriority, TaskStatus
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database


async def created(database: Database, place: given.Workplace, **values: Any) -> Task:
    said = {"name": "Pull cables"} | values
    return await does(database, place.viewer(Role.MEMBER), commands.create, place.project.id, said, now=NOW)


async def changed(database: Database, place: given.Workplace, task: Task, **values: Any) -> Task:
    return await does(database, place.viewer(Role.MEMBER), commands.update, task.id, values, now=NOW)


async def progress(database: Database, place: given.Workplace) -> int:
    [project] = await rows(database, place.org, Project, id=place.project.id)
    return project.progress_percent


async def test_a_member_plans_a_task_and_is_its_reporter(database: Database):
    place = await given.workplace(database)
    milestone = given.milestone(place.project)
    await given.stored(database, milestone)

    task = await created(
        database,
        place,
        milestone_id=milestone.id,
        estimated_hours=Decimal("2.5"),
        assignee_id=place.users[Role.OWNER].id,
    )

    [stored] = await rows(database, place.org, Task)
    assert (stored.id, stored.milestone_id, stored.estimated_hours) == (task.id, milestone.id, Decimal("2.50"))
    assert (stored.status, stored.priority) == (TaskStatus.TODO, TaskPriority.MEDIUM)
    assert stored.reporter_id == place.users[Role.MEMBER].id
    assert await kinds(database, place.org) == ["TASK_CREATED"]


async def test_progress_is_the_share_of_done_tasks_rounded_down(database: Database):
    place = await given.workplace(database)

    tasks = [await created(database, place) for _ in range(3)]
    seen = [await progress(database, place)]
    for task in tasks:
        await changed(database, place, task, status=TaskStatus.DONE)
        seen.append(await progress(database, place))
    await created(database, place, name="One more")

    assert seen == [0, 33, 66, 100]
    assert await progress(database, place) == 75


async def test_a_change_is_written_down_once_and_a_repeat_not_at_all(database: Database):
    place = await given.workplace(database)
    task = await created(database, place)

    for _ in range(2):
        await changed(database, place, task, name="Lay fibre", priority="URGENT")

    [stored] = await rows(database, place.org, Task)
    assert (stored.name, stored.name_folded, stored.priority) == ("Lay fibre", "lay fibre", TaskPriority.URGENT)
    assert await kinds(database, place.org) == ["TASK_CREATED", "TASK_UPDATED"]


async def test_what_a_task_points_to_must_be_of_its_own_project(database: Database):
    place = await given.workplace(database)
    elsewhere = given.project(place.organization, place.users[Role.OWNER])
    milestone, task = given.milestone(elsewhere), given.task(elsewhere)
    await given.stored(database, elsewhere, milestone, task)

    with pytest.raises(MilestoneNotFound):
        await created(database, place, milestone_id=milestone.id)
    with pytest.raises(TaskNotFound):
        await created(database, place, depends_on_ids=[task.id])
    with pytest.raises(UserNotFound):
        await created(database, place, assignee_id="usr_none")


async def test_dependencies_are_replaced_as_a_whole(database: Database):
    place = await given.workplace(database)
    first, second = await created(database, place), await created(database, place)
    third = await created(database, place, depends_on_ids=[first.id, second.id, first.id])

    await changed(database, place, third, depends_on_ids=[second.id])

    found = await rows(database, place.org, TaskDependency)
    assert [(row.task_id, row.depends_on_id) for row in found] == [(third.id, second.id)]


async def test_a_task_never_waits_for_itself_by_any_way(database: Database):
    place = await given.workplace(database)
    first = await created(database, place)
    second = await created(database, place, depends_on_ids=[first.id])
    third = await created(database, place, depends_on_ids=[second.id])

    with pytest.raises(DependencyCycle) as refused:
        await changed(database, place, first, depends_on_ids=[third.id])
    with pytest.raises(DependencyCycle):
        await changed(database, place, first, depends_on_ids=[first.id])

    assert refused.value.path == (first.id, third.id, second.id, first.id)


async def test_dependencies_are_an_order_to_plan_by_and_keep_nobody_from_being_done_earlier(database: Database):
    place = await given.workplace(database)
    first = await created(database, place)
    second = await created(database, place, depends_on_ids=[first.id])

    done = await changed(database, place, second, status=TaskStatus.DONE)

    assert done.status is TaskStatus.DONE
    assert await progress(database, place) == 50


async def test_a_viewer_plans_nothing_and_a_nameless_task_is_none(database: Database):
    place = await given.workplace(database)

    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.VIEWER), commands.create, place.project.id, {"name": "x"}, now=NOW)
    with pytest.raises(InvalidInput):
        await created(database, place, name=None)
