"""A task becomes a ticket: once, linked back, whatever the line does (domain 8.5)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.activity import ActivityEvent, ActivityKind
from db.escalations.requests import Addresses, Escalated, Form, request
from db.escalations.tables import Escalation
from db.organizations import Role
from db.refusals import Forbidden, IdempotencyKeyReused, InvalidInput, ListTooLong, TaskNotFound
from db.tasks.tables import TaskStatus
from db.tickets import LinkOrigin, TicketFacts, TicketLink, TicketPriority, link
from tests import given

if TYPE_CHECKING:
    from db.tasks.tables import Task
    from resolvers.outbox.outboxes import Outbox
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/tickets"}
FORM = Form("Router will not boot", TicketPriority.HIGH, "Since the power cut.")


async def test_a_ticket_is_opened_for_the_projects_client_and_contract_and_linked_to_the_task(stage: Stage):
    work = await _task(stage)

    escalated = await _escalate(stage, work)
    await stage.outbox().run_for(stage.place.org, [escalated.op_id], 5)

    (ticket,) = await stage.sandbox.tickets(stage.place.org)
    card = await _link(stage)
    assert (ticket["title"], ticket["priority"], ticket["description"]) == (FORM.subject, "high", FORM.description)
    assert (ticket["clientId"], ticket["contractId"]) == (stage.place.client.id, stage.contract.psa_contract_id)
    assert (card.psa_ticket_id, card.ticket_number, card.origin) == (ticket["id"], ticket["number"], "ESCALATED")
    assert card.ticket_url == f"https://psa.test/tickets/{ticket['id']}"
    assert card.newest
    assert await _linked_id(stage) == card.id
    assert work.status is TaskStatus.TODO


async def test_both_ends_are_told_in_the_timeline(stage: Stage):
    work = await _task(stage)
    await _escalate(stage, work)

    await stage.settle(stage.outbox())

    (asked,) = await stage.events(ActivityEvent, ActivityKind.TASK_ESCALATED)
    (opened,) = await stage.events(ActivityEvent, ActivityKind.TICKET_CREATED)
    assert (asked.actor_id, asked.task_id) == (stage.place.users[Role.MEMBER].id, work.id)
    assert (opened.actor_id, opened.task_id) == (None, work.id)


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit"])
async def test_a_lost_answer_opens_no_second_ticket(stage: Stage, fault: str):
    await _escalate(stage, await _task(stage))
    await stage.sandbox.faults({"do": fault, "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    assert len(await stage.sandbox.tickets(stage.place.org)) == 1
    assert (await _link(stage)).origin is LinkOrigin.ESCALATED


async def test_one_key_is_one_ticket_also_for_twins_at_the_same_moment(stage: Stage):
    work = await _task(stage)

    answers = await asyncio.gather(*(_escalate(stage, work, key="same") for _ in range(5)))
    await stage.settle(stage.outbox())

    assert len({answer.op_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 4
    assert len(await stage.sandbox.tickets(stage.place.org)) == 1
    with pytest.raises(IdempotencyKeyReused):
        await _escalate(stage, work, key="same", form=Form("Another", TicketPriority.LOW, "Wish"))


async def test_a_refused_ticket_links_nothing(stage: Stage):
    await _escalate(stage, await _task(stage))
    await stage.sandbox.faults({"do": "status", "status": 422, "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    assert await stage.states() == ["REJECTED"]
    async with stage.database.read(stage.place.org) as session:
        assert await session.scalar(select(TicketLink.id)) is None


@pytest.mark.parametrize("title", ["Printer \ud83d", "Printer \0"])
async def test_a_ticket_whose_title_no_database_holds_is_linked_all_the_same(stage: Stage, title: str):
    outbox, ticket = await _opened_unheard(stage, await _task(stage))
    await stage.sandbox.change("tickets", ticket["id"], stage.place.org, title=title)

    await stage.settle(outbox)

    assert await stage.states() == ["CONFIRMED"]
    assert (await _link(stage)).ticket_title == "Printer \ufffd"


async def test_a_ticket_that_somebody_linked_by_hand_meanwhile_is_not_linked_twice(stage: Stage):
    work = await _task(stage)
    outbox, ticket = await _opened_unheard(stage, work)
    facts = TicketFacts(ticket["id"], ticket["number"], ticket["title"], "NEW", "HIGH", "https://psa.test/t")
    async with stage.database.write(stage.place.org) as session:
        by_hand, _ = await link(session, stage.place.viewer(), work.id, facts, now=datetime.now(UTC))

    await stage.settle(outbox)

    assert await stage.states() == ["CONFIRMED"]
    assert (await _link(stage)).id == by_hand.id
    assert await _linked_id(stage) == by_hand.id


async def test_escalating_does_not_wait_behind_an_export(stage: Stage):
    await stage.export(await stage.entries(3))
    await _escalate(stage, await _task(stage))

    await stage.outbox().turn()

    assert len(await stage.sandbox.tickets(stage.place.org)) == 1
    assert await stage.kept() == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (Form("  ", TicketPriority.LOW, "text"), "subject"),
        (Form("x" * 501, TicketPriority.LOW, "text"), "subject"),
        (Form("Subject", TicketPriority.LOW, " "), "description"),
    ],
)
async def test_the_form_must_be_filled_in(stage: Stage, form: Form, field: str):
    work = await _task(stage)

    with pytest.raises(InvalidInput) as refusal:
        await _escalate(stage, work, form=form)

    assert list(refusal.value.fields) == [field]


async def test_a_task_is_escalated_a_hundred_times_at_most_and_keys_that_were_used_are_still_answered(stage: Stage):
    work = await _task(stage)
    asked = [await _escalate(stage, work, key=f"key {number}") for number in range(100)]

    with pytest.raises(ListTooLong, match="at most 100 escalations of a task"):
        await _escalate(stage, work, key="key 100")
    again = await _escalate(stage, work, key="key 0")

    assert (again.op_id, again.replayed) == (asked[0].op_id, True)
    assert len(await stage.ops()) == 100


async def test_a_task_with_a_hundred_tickets_gets_no_other_by_an_escalation(stage: Stage):
    work = await _task(stage)
    by = stage.place.users[Role.MEMBER]
    await given.stored(stage.database, *(given.ticket_link(work, by, newest=False) for _ in range(100)))

    with pytest.raises(ListTooLong, match="at most 100 tickets linked to a task"):
        await _escalate(stage, work)

    assert await stage.ops() == []


async def test_viewers_may_not_escalate_and_unknown_tasks_are_not_found(stage: Stage):
    work = await _task(stage)

    with pytest.raises(Forbidden):
        await _escalate(stage, work, role=Role.VIEWER)
    with pytest.raises(TaskNotFound):
        await _escalate(stage, given.task(stage.place.project))

    assert await stage.ops() == []


async def _task(stage: Stage) -> Task:
    work = given.task(stage.place.project)
    await given.stored(stage.database, work)
    return work


async def _escalate(
    stage: Stage, work: Task, form: Form = FORM, role: Role = Role.MEMBER, key: str | None = None
) -> Escalated:
    addresses = Addresses(f"https://projects.test/tasks/{work.id}", "https://psa.test/tickets")
    said: dict[str, Any] = {"idempotency_key": key or f"key-{work.id}", "now": datetime.now(UTC)}
    async with stage.database.write(stage.place.org) as session:
        return await request(session, stage.place.viewer(role), work.id, form, addresses, **said)


async def _opened_unheard(stage: Stage, work: Task) -> tuple[Outbox, dict[str, Any]]:
    """Escalate a task to a PSA whose answer is lost; return who looks it up, and the ticket that is there."""
    await _escalate(stage, work)
    await stage.sandbox.faults({"do": "drop_after_commit", "match": POST, "times": 1})
    outbox = stage.outbox()
    await outbox.turn()
    (ticket,) = await stage.sandbox.tickets(stage.place.org)
    return outbox, ticket


async def _link(stage: Stage) -> TicketLink:
    async with stage.database.read(stage.place.org) as session:
        return (await session.scalars(select(TicketLink))).one()


async def _linked_id(stage: Stage) -> str | None:
    async with stage.database.read(stage.place.org) as session:
        return (await session.scalars(select(Escalation.ticket_link_id))).one()
