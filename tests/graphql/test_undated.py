"""Rows without a date stand last in an order of dates, and a page that begins among them goes on to the last."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from tests import given

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.asking import Desk

    Turned = Callable[[str | None], Awaitable[Any]]

DAYS = (date(2026, 1, 1), None, date(2026, 2, 1), None, None)
PROJECTS = """query ($direction: Direction!) {
  projects(first: 1, after: AFTER, orderBy: {field: DUE_DATE, direction: $direction}) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""
TASKS = """query ($direction: Direction!, $id: ID!) { project(id: $id) {
  tasks(first: 1, after: AFTER, orderBy: {field: DUE_DATE, direction: $direction}) {
    nodes { id } pageInfo { hasNextPage endCursor } } } }"""
EXTREMES = ("0001-01-01", "9999-12-31")
CREATE = """mutation ($input: CreateProjectInput!) { createProject(input: $input) {
  ... on CreateProjectPayload { project { startDate dueDate } }
  ... on InvalidInputError { problems { field message } } } }"""


def _after(document: str, cursor: str | None) -> str:
    return document.replace("AFTER", f'"{cursor}"' if cursor else "null")


def _ordered(rows: list[Any], direction: str) -> list[str]:
    """Return the ids of all rows, by date and id, those without a date last."""
    backwards = direction == "DESC"
    dated = sorted((row for row in rows if row.due_date), key=lambda row: (row.due_date, row.id), reverse=backwards)
    rest = sorted((row for row in rows if not row.due_date), key=lambda row: row.id, reverse=backwards)
    return [row.id for row in [*dated, *rest]]


async def _turned(turn: Turned) -> list[str]:
    """Turn page after page, and return the ids in the order in which they came."""
    found: list[str] = []
    after = None
    for _ in range(2 * len(DAYS) + 2):
        page = await turn(after)
        found += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    return found


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_of_projects_go_on_among_those_without_a_date(desk: Desk, direction: str):
    owner = desk.place.users[Role.OWNER]
    projects = [given.project(desk.place.organization, owner, due_date=day) for day in DAYS]
    await given.stored(desk.database, *projects)

    found = await _turned(lambda after: desk.ask(_after(PROJECTS, after), direction=direction))

    assert found == _ordered([*projects, desk.place.project], direction)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_below_a_project_do_so_too(desk: Desk, direction: str):
    tasks = [given.task(desk.place.project, due_date=day) for day in DAYS]
    await given.stored(desk.database, *tasks)

    async def turn(after: str | None) -> Any:
        return (await desk.ask(_after(TASKS, after), direction=direction, id=desk.place.project.id))["tasks"]

    assert await _turned(turn) == _ordered(tasks, direction)


@pytest.mark.parametrize("day", EXTREMES)
async def test_the_days_that_stand_for_none_are_no_dates_of_a_project(desk: Desk, day: str):
    refused = await desk.do(CREATE, name="For ever", startDate=day, dueDate=day)

    message = "must be after 0001-01-01 and before 9999-12-31"
    assert refused["problems"] == [{"field": field, "message": message} for field in ("startDate", "dueDate")]


async def test_the_days_beside_them_are(desk: Desk):
    made = await desk.do(CREATE, name="For long", startDate="0001-01-02", dueDate="9999-12-30")

    assert made["project"] == {"startDate": "0001-01-02", "dueDate": "9999-12-30"}
