"""Creating and changing tasks, as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.organizations import Role
from db.tasks.tables import Task
from tests import given
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from tests.asking import Desk

ERROR = "... on ProjectsError { code message } ... on DependencyCycleError { path }"
CREATE = f"""mutation ($input: CreateTaskInput!) {{ createTask(input: $input) {{
  ... on CreateTaskPayload {{
    replayed
    task {{ id name status priority estimatedHours dependsOn {{ id }} assignee {{ id }} project {{ progressPercent }} }}
  }} {ERROR} }} }}"""
UPDATE = f"""mutation ($input: UpdateTaskInput!) {{ updateTask(input: $input) {{
  ... on UpdateTaskPayload {{ task {{ name status dueDate dependsOn {{ id }} project {{ progressPercent }} }} }}
  {ERROR} }} }}"""


async def test_a_task_is_added_with_what_it_waits_for(desk: Desk):
    before, member = given.task(desk.place.project), desk.place.users[Role.MEMBER].id
    await given.stored(desk.database, before)

    made = await desk.do(
        CREATE, Role.MEMBER, projectId=desk.place.project.id, name="Patch panel", estimatedHours="2.50",
        assigneeId=member, dependsOnIds=[before.id],
    )  # fmt: skip

    assert made["task"].pop("id").startswith("tsk_")
    assert made["task"] == {
        "name": "Patch panel", "status": "TODO", "priority": "MEDIUM", "estimatedHours": "2.50",
        "dependsOn": [{"id": before.id}], "assignee": {"id": member}, "project": {"progressPercent": 0},
    }  # fmt: skip


async def test_a_key_adds_one_task(desk: Desk):
    said = {"projectId": desk.place.project.id, "name": "Patch panel", "idempotencyKey": "k"}
    first = await desk.do(CREATE, **said)

    again = await desk.do(CREATE, **said)
    other = await desk.do(CREATE, **(said | {"name": "Another"}))

    assert (again["replayed"], again["task"]["id"]) == (True, first["task"]["id"])
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await rows(desk.database, desk.org, Task)) == 1


async def test_a_key_of_a_refused_wish_may_be_used_again(desk: Desk):
    said = {"projectId": desk.place.project.id, "idempotencyKey": "k"}

    refused = await desk.do(CREATE, **said, name="")
    made = await desk.do(CREATE, **said, name="Patch panel")

    assert (refused["code"], made["replayed"]) == ("INVALID_INPUT", False)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"milestoneId": "mst_nowhere"}, "MILESTONE_NOT_FOUND"),
        ({"assigneeId": "usr_nowhere"}, "USER_NOT_FOUND"),
        ({"dependsOnIds": ["tsk_nowhere"]}, "TASK_NOT_FOUND"),
        ({"dependsOnIds": [f"tsk_{number}" for number in range(101)]}, "LIST_TOO_LONG"),
        ({"dependsOnIds": ["tsk_\0"]}, "INVALID_INPUT"),
        ({"estimatedHours": "1.234"}, "INVALID_INPUT"),
        ({"projectId": "prj_nowhere"}, "PROJECT_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_a_task_is_refused(desk: Desk, said: dict[str, object], code: str):
    refused = await desk.do(CREATE, **({"projectId": desk.place.project.id, "name": "Patch panel"} | said))

    assert refused["code"] == code
    assert await rows(desk.database, desk.org, Task) == []


async def test_a_task_is_changed_and_its_project_moves_with_it(desk: Desk):
    task = given.task(desk.place.project)
    await given.stored(desk.database, task)

    done = await desk.do(UPDATE, Role.MEMBER, taskId=task.id, status="DONE", dueDate="2026-04-01")
    later = await desk.do(UPDATE, Role.MEMBER, taskId=task.id, dueDate=None)

    assert done["task"]["project"] == {"progressPercent": 100}
    assert (done["task"]["dueDate"], later["task"]["dueDate"], later["task"]["status"]) == ("2026-04-01", None, "DONE")


async def test_tasks_do_not_wait_for_each_other_in_a_circle(desk: Desk):
    first, second = given.task(desk.place.project), given.task(desk.place.project)
    await given.stored(desk.database, first, second, given.dependency(second, on=first))

    refused = await desk.do(UPDATE, taskId=first.id, dependsOnIds=[second.id])

    assert (refused["code"], refused["path"]) == ("DEPENDENCY_CYCLE", [first.id, second.id, first.id])


async def test_an_unknown_task_and_another_organisations_get_the_same_answer(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = given.task(other.place.project)
    await given.stored(desk.database, foreign)

    unknown = await desk.do(UPDATE, taskId="tsk_nowhere", name="Mine")
    hidden = await desk.do(UPDATE, taskId=foreign.id, name="Mine")

    assert hidden == {**unknown, "message": unknown["message"].replace("tsk_nowhere", foreign.id)}
    assert unknown["code"] == "TASK_NOT_FOUND"
    await other.leave()


async def test_viewers_change_no_task(desk: Desk):
    task = given.task(desk.place.project)
    await given.stored(desk.database, task)

    refused = await desk.do(UPDATE, Role.VIEWER, taskId=task.id, name="Mine")

    assert refused["code"] == "FORBIDDEN"


async def test_a_cursor_of_another_list_goes_on_nowhere(desk: Desk):
    await given.stored(desk.database, given.task(desk.place.project), given.task(desk.place.project))
    tasks = "query ($after: String) { tasks(first: 1, after: $after) { edges { cursor } } }"
    (edge,) = (await desk.ask(tasks))["edges"]

    assert len((await desk.ask(tasks, after=edge["cursor"]))["edges"]) == 1
    for other in ("projects", "clients", "timeEntries"):
        query = f"query ($after: String) {{ {other}(after: $after) {{ nodes {{ id }} }} }}"
        assert await desk.error_codes(query, after=edge["cursor"]) == ["BAD_USER_INPUT"]
