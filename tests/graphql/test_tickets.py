"""Linking tasks to tickets, as clients see it; and that nothing syncs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.organizations import Role
from db.tickets import TicketLink
from tests import given
from tests.acting import kinds, rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from db.tasks.tables import Task
    from tests.asking import Desk

LINK = """mutation ($input: LinkTaskToTicketInput!) { linkTaskToTicket(input: $input) {
  __typename
  ... on LinkTaskToTicketPayload {
    alreadyLinked task { psaTicketNumber status } ticketLink { id ticketTitle ticketUrl origin liveStatus { status } }
  }
  ... on ProjectsError { code message retryable }
} }"""
UNLINK = """mutation ($input: UnlinkTaskFromTicketInput!) { unlinkTaskFromTicket(input: $input) {
  __typename
  ... on UnlinkTaskFromTicketPayload { task { psaTicketNumber } ticketLink { ticketNumber } }
  ... on ProjectsError { code message }
} }"""
UPDATE = """mutation ($input: UpdateTaskInput!) { updateTask(input: $input) {
  ... on UpdateTaskPayload { task { status } } ... on ProjectsError { code }
} }"""
TASK = "query ($id: ID!) { task(id: $id) { status psaTicketNumber ticketLink { liveStatus { status } } } }"


async def task_of(desk: Desk) -> Task:
    task = given.task(desk.place.project)
    await given.stored(desk.database, task)
    return task


def ticket(desk: Desk, number: int = 1) -> str:
    return f"{desk.org}-t-{number}"


async def test_a_task_is_linked_to_a_ticket_and_shows_its_number(desk: Desk):
    task = await task_of(desk)

    linked = await desk.do(LINK, Role.MEMBER, taskId=task.id, ticketId=ticket(desk))

    assert (linked["alreadyLinked"], linked["task"]["psaTicketNumber"]) == (False, "ACM-101")
    assert linked["ticketLink"].pop("id").startswith("tkl_")
    assert linked["ticketLink"] == {
        "ticketTitle": "Printer on fire", "ticketUrl": f"https://app.theonepsa.com/tickets/{ticket(desk)}",
        "origin": "LINKED", "liveStatus": {"status": "NEW"},
    }  # fmt: skip
    assert "TICKET_LINKED" in await kinds(desk.database, desk.org)


@pytest.mark.parametrize("title", ["cut \ud83d", "cut \0"])
async def test_a_title_that_no_database_holds_is_kept_with_a_mark_in_it(desk: Desk, title: str):
    task = await task_of(desk)
    await desk.sandbox.change("tickets", ticket(desk), desk.org, title=title)

    linked = await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))

    assert linked["ticketLink"]["ticketTitle"] == "cut \ufffd"


async def test_the_same_pair_again_is_the_link_that_is_there(desk: Desk):
    task = await task_of(desk)
    first = await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))

    again = await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))

    assert (again["alreadyLinked"], again["ticketLink"]["id"]) == (True, first["ticketLink"]["id"])
    assert len(await rows(desk.database, desk.org, TicketLink)) == 1


async def test_a_ticket_that_the_psa_does_not_have_is_not_found(desk: Desk):
    task = await task_of(desk)

    refused = await desk.do(LINK, taskId=task.id, ticketId="../clients")

    assert (refused["__typename"], refused["code"]) == ("TicketNotFoundError", "TICKET_NOT_FOUND")


async def test_an_unknown_task_and_another_organisations_get_the_same_answer(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = await task_of(other)

    unknown = await desk.do(LINK, taskId="tsk_nowhere", ticketId=ticket(desk))
    hidden = await desk.do(LINK, taskId=foreign.id, ticketId=ticket(desk))

    assert hidden == {**unknown, "message": unknown["message"].replace("tsk_nowhere", foreign.id)}
    assert unknown["code"] == "TASK_NOT_FOUND"
    assert await desk.calls() == []
    await other.leave()


async def test_viewers_link_nothing_and_cost_the_psa_no_call(desk: Desk):
    task = await task_of(desk)

    refused = await desk.do(LINK, Role.VIEWER, taskId=task.id, ticketId=ticket(desk))

    assert refused["code"] == "FORBIDDEN"
    assert await desk.calls() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"do": "status", "status": 503}, "PSA_UNAVAILABLE"), ({"do": "status", "status": 401}, "PSA_BAD_CREDENTIALS")],
)
async def test_a_psa_that_gives_no_answer_leaves_everything_as_it_was(desk: Desk, fault: dict[str, object], code: str):
    task = await task_of(desk)
    await desk.sandbox.faults(fault)

    refused = await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))

    assert refused["code"] == code
    assert await rows(desk.database, desk.org, TicketLink) == []


async def test_a_link_is_removed_after_its_ticket_was_deleted_in_the_psa(desk: Desk):
    task = await task_of(desk)
    linked = await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))
    await desk.sandbox.remove("tickets", ticket(desk), desk.org)

    removed = await desk.do(UNLINK, Role.MEMBER, linkId=linked["ticketLink"]["id"])
    again = await desk.do(UNLINK, Role.MEMBER, linkId=linked["ticketLink"]["id"])

    assert (removed["task"], removed["ticketLink"]) == ({"psaTicketNumber": None}, {"ticketNumber": "ACM-101"})
    assert again["code"] == "LINK_NOT_FOUND"


async def test_an_unknown_link_and_another_organisations_get_the_same_answer(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    link = given.ticket_link(task := given.task(other.place.project), other.place.users[Role.OWNER])
    await given.stored(desk.database, task, link)

    unknown = await desk.do(UNLINK, linkId="tkl_nowhere")
    hidden = await desk.do(UNLINK, linkId=link.id)

    assert hidden == {**unknown, "message": unknown["message"].replace("tkl_nowhere", link.id)}
    assert unknown["code"] == "LINK_NOT_FOUND"
    await other.leave()


async def test_a_tasks_status_does_not_move_its_ticket(desk: Desk):
    task = await task_of(desk)
    await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))
    before, calls = await desk.sandbox.tickets(desk.org), await desk.calls()

    done = await desk.do(UPDATE, taskId=task.id, status="DONE")

    assert done == {"task": {"status": "DONE"}}
    assert await desk.sandbox.tickets(desk.org) == before
    assert await desk.calls() == calls


async def test_a_tickets_resolution_does_not_move_its_task(desk: Desk):
    task = await task_of(desk)
    await desk.do(LINK, taskId=task.id, ticketId=ticket(desk))

    await desk.sandbox.change("tickets", ticket(desk), desk.org, status="resolved")
    seen = await desk.ask(TASK, id=task.id)

    assert seen == {
        "status": "TODO", "psaTicketNumber": "ACM-101", "ticketLink": {"liveStatus": {"status": "RESOLVED"}},
    }  # fmt: skip


async def test_a_new_ticket_is_linked_to_no_task(desk: Desk):
    task = await task_of(desk)

    await desk.sandbox.seed(desk.org, desk.key, tickets=[{"id": "t-new", "number": "ACM-999", "title": task.name}])
    seen = await desk.ask(TASK, id=task.id)

    assert seen == {"status": "TODO", "psaTicketNumber": None, "ticketLink": None}
