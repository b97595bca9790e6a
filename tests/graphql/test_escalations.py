"""Escalating tasks, as clients see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from db.escalations.tables import Escalation
from db.organizations import Role
from db.projects.commands import archive
from tests import given
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from db.tasks.tables import Task
    from tests.asking import Desk

ESCALATE = """mutation ($input: EscalateTaskInput!) { escalateTask(input: $input) {
  __typename
  ... on EscalateTaskPayload {
    replayed escalation { id state subject errorCode ticketNumber }
    task { status psaTicketNumber } ticketLink { origin ticketNumber ticketUrl }
  }
  ... on ProjectsError { code message }
} }"""


async def task_of(desk: Desk) -> Task:
    task = given.task(desk.place.project)
    await given.stored(desk.database, task)
    return task


def form(task: Task, **more: Any) -> dict[str, Any]:
    said = {"subject": "Mail stopped", "priority": "HIGH", "description": "Nothing arrives.", "idempotencyKey": "k"}
    return {"taskId": task.id} | said | more


async def test_a_task_becomes_a_ticket_that_is_linked_back(desk: Desk):
    task = await task_of(desk)
    link = given.contract_link(desk.place.project, desk.place.users[Role.OWNER], psa_contract_id=desk.contract(1))
    await given.stored(desk.database, link)

    answer = await desk.do(ESCALATE, Role.MEMBER, **form(task))

    ticket = next(each for each in await desk.sandbox.tickets(desk.org) if each["title"] == "Mail stopped")
    assert answer["escalation"].pop("id").startswith("esc_")
    assert answer["escalation"] == {
        "state": "CREATED", "subject": "Mail stopped", "errorCode": None, "ticketNumber": ticket["number"],
    }  # fmt: skip
    assert answer["task"] == {"status": "TODO", "psaTicketNumber": ticket["number"]}
    assert (answer["ticketLink"]["origin"], answer["ticketLink"]["ticketNumber"]) == ("ESCALATED", ticket["number"])
    assert (ticket["priority"], ticket["clientId"], ticket["contractId"]) == (
        "high", desk.place.client.id, desk.contract(1),
    )  # fmt: skip
    assert ticket["source"] == {
        "projectNumber": desk.place.project.number, "taskId": task.id,
        "url": f"https://app.theoneprojects.app/tasks/{task.id}",
    }  # fmt: skip


async def test_a_key_sent_twice_at_once_opens_one_ticket(desk: Desk):
    task = await task_of(desk)

    first, second = await asyncio.gather(desk.do(ESCALATE, **form(task)), desk.do(ESCALATE, **form(task)))
    other = await desk.do(ESCALATE, **form(task, subject="Something else"))

    assert sorted([first["replayed"], second["replayed"]]) == [False, True]
    assert first["ticketLink"] == second["ticketLink"] != None  # noqa: E711 - both have one
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await desk.sandbox.tickets(desk.org)) == 3


async def test_a_key_is_answered_also_after_the_project_was_archived(desk: Desk):
    task = await task_of(desk)
    first = await desk.do(ESCALATE, **form(task))
    async with desk.database.write(desk.org) as session:
        await archive(session, desk.place.viewer(), desk.place.project.id, now=desk.now)

    again = await desk.do(ESCALATE, **form(task))
    other = await desk.do(ESCALATE, **form(task, idempotencyKey="another"))

    assert again == first | {"replayed": True}
    assert other["code"] == "PROJECT_ARCHIVED"


async def test_an_answer_that_is_lost_is_looked_up_and_opens_no_second_ticket(desk: Desk):
    task = await task_of(desk)
    await desk.sandbox.faults(
        {"do": "drop_after_commit", "match": {"method": "POST", "path": "/api/tickets"}, "times": 1}
    )

    answer = await desk.do(ESCALATE, **form(task))

    assert answer["escalation"]["state"] == "CREATED"
    assert len(await desk.sandbox.tickets(desk.org)) == 3


async def test_a_ticket_that_the_psa_refuses_leaves_the_task_alone(desk: Desk):
    task = await task_of(desk)
    await desk.sandbox.faults({"do": "status", "status": 422, "match": {"method": "POST"}})

    answer = await desk.do(ESCALATE, **form(task))

    assert (answer["escalation"]["state"], answer["escalation"]["errorCode"]) == ("FAILED", "PSA_REJECTED")
    assert (answer["ticketLink"], answer["task"]["psaTicketNumber"]) == (None, None)


@pytest.mark.parametrize(
    "more", [{"subject": " "}, {"subject": "x" * 501}, {"description": ""}, {"idempotencyKey": "k" * 201}]
)
async def test_a_form_that_is_not_filled_in_is_refused(desk: Desk, more: dict[str, str]):
    task = await task_of(desk)

    refused = await desk.do(ESCALATE, **form(task, **more))

    assert refused["code"] == "INVALID_INPUT"
    assert await rows(desk.database, desk.org, Escalation) == []


async def test_who_may_not_escalate_opens_nothing(desk: Desk):
    other, task = await open_desk(desk.database, desk.sandbox), await task_of(desk)
    foreign = await task_of(other)

    viewer = await desk.do(ESCALATE, Role.VIEWER, **form(task))
    unknown = await desk.do(ESCALATE, **form(task, taskId="tsk_nowhere"))
    hidden = await desk.do(ESCALATE, **form(foreign))

    assert viewer["code"] == "FORBIDDEN"
    assert hidden == {**unknown, "message": unknown["message"].replace("tsk_nowhere", foreign.id)}
    assert unknown["code"] == "TASK_NOT_FOUND"
    assert await desk.calls() == []
    await other.leave()


async def test_without_a_connection_nothing_is_escalated(desk: Desk):
    bare = await open_desk(desk.database, desk.sandbox, configured=False)

    refused = await bare.do(ESCALATE, **form(await task_of(bare)))

    assert refused["code"] == "PSA_NOT_CONFIGURED"
    assert await rows(bare.database, bare.org, Escalation) == []
    await bare.leave()
