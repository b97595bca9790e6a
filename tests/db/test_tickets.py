"""Tasks are linked to tickets; the newest open one is on the card (domain 8.2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db import tickets
from db.organizations import Role
from db.refusals import Forbidden, LinkNotFound, ListTooLong
from db.tickets import LinkOrigin, TicketLink
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database
    from db.tasks.tables import Task


async def workplace(database: Database) -> tuple[given.Workplace, Task]:
    place = await given.workplace(database)
    task = given.task(place.project)
    await given.stored(database, task)
    return place, task


async def newest(database: Database, task: Task) -> list[str]:
    return [link.ticket_number for link in await rows(database, task.org_id, TicketLink, newest=True)]


async def test_a_member_links_a_task_to_a_ticket(database: Database):
    place, task = await workplace(database)
    ticket = given.ticket()

    link, already = await does(database, place.viewer(Role.MEMBER), tickets.link, task.id, ticket, now=NOW)

    assert (link.ticket_number, link.project_id, link.origin) == (
        ticket.ticket_number, place.project.id, LinkOrigin.LINKED
    )  # fmt: skip
    assert not already
    assert await kinds(database, place.org) == ["TICKET_LINKED"]


async def test_the_same_pair_again_is_answered_with_the_link_that_is_there(database: Database):
    place, task = await workplace(database)
    ticket = given.ticket()

    first, _ = await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)
    second, already = await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)

    assert (second.id, already) == (first.id, True)
    assert len(await rows(database, place.org, TicketLink)) == 1


async def test_the_same_pair_at_the_same_moment_becomes_one_link(database: Database):
    place, task = await workplace(database)
    ticket = given.ticket()

    answers = await asyncio.gather(
        *(does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW) for _ in range(4))
    )

    assert len({link.id for link, _ in answers}) == 1
    assert sorted(already for _, already in answers) == [False, True, True, True]


async def test_unlinking_the_newest_puts_the_next_newest_on_the_card(database: Database):
    place, task = await workplace(database)
    said = [given.ticket() for _ in range(3)]
    links = [(await does(database, place.viewer(), tickets.link, task.id, one, now=NOW))[0] for one in said]
    seen = [await newest(database, task)]

    for link in (links[2], links[0], links[1]):
        await does(database, place.viewer(), tickets.unlink, link.id, now=NOW)
        seen.append(await newest(database, task))

    numbers = [one.ticket_number for one in said]
    assert seen == [[numbers[2]], [numbers[1]], [numbers[1]], []]


async def test_a_closed_link_and_a_foreign_one_are_not_there(database: Database):
    place, task = await workplace(database)
    elsewhere, foreign_task = await workplace(database)
    link, _ = await does(database, place.viewer(), tickets.link, task.id, given.ticket(), now=NOW)
    foreign, _ = await does(database, elsewhere.viewer(), tickets.link, foreign_task.id, given.ticket(), now=NOW)
    await does(database, place.viewer(), tickets.unlink, link.id, now=NOW)

    for wanted in (link.id, foreign.id, "tkl_0"):
        with pytest.raises(LinkNotFound):
            await does(database, place.viewer(), tickets.unlink, wanted, now=NOW)


async def test_a_ticket_may_be_linked_to_several_tasks_and_again_after_it_was_unlinked(database: Database):
    place, task = await workplace(database)
    other = given.task(place.project)
    await given.stored(database, other)
    ticket = given.ticket()

    first, _ = await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)
    await does(database, place.viewer(), tickets.link, other.id, ticket, now=NOW)
    await does(database, place.viewer(), tickets.unlink, first.id, now=NOW)
    again, already = await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)

    assert (again.id != first.id, already) == (True, False)


async def test_a_task_has_at_most_a_hundred_open_links_and_viewers_make_none(database: Database):
    place, task = await workplace(database)
    by = place.users[Role.MEMBER]
    await given.stored(database, *(given.ticket_link(task, by, newest=False) for _ in range(100)))

    with pytest.raises(ListTooLong):
        await does(database, place.viewer(), tickets.link, task.id, given.ticket(), now=NOW)
    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.VIEWER), tickets.link, task.id, given.ticket(), now=NOW)


async def test_a_ticket_has_at_most_a_hundred_tasks_of_those_that_are_still_linked(database: Database):
    place, task = await workplace(database)
    by, ticket = place.users[Role.MEMBER], given.ticket()
    tasks = [given.task(place.project) for _ in range(100)]
    links = [given.ticket_link(each, by, psa_ticket_id=ticket.psa_ticket_id) for each in tasks]
    await given.stored(database, *tasks, *links)

    with pytest.raises(ListTooLong, match="at most 100 tasks linked to a ticket"):
        await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)
    _, already = await does(database, place.viewer(), tickets.link, tasks[0].id, ticket, now=NOW)
    await does(database, place.viewer(), tickets.unlink, links[0].id, now=NOW)
    link, _ = await does(database, place.viewer(), tickets.link, task.id, ticket, now=NOW)

    assert already
    assert link.psa_ticket_id == ticket.psa_ticket_id
