"""The PSA's Projects panel: its body, its tag, and who gets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.milestones.tables import MilestoneStatus
from db.organizations import Role
from db.projects.tables import ProjectStatus
from tests import given
from tests.wire.serving import connect, token

if TYPE_CHECKING:
    from tests.wire.serving import Front

TODAY = datetime.now(UTC).date()
MONEY = ("billing", "amount", "budget", "cost", "120.00", "180.00", "currency")


@pytest.fixture(scope="module")
async def busy(door: Front) -> dict[str, Any]:
    """Fill the project with everything that a panel shows, and return the panel."""
    place, person, owner = door.place, door.place.users[Role.MEMBER], door.place.users[Role.OWNER]
    of_client = {"client_id": place.client.id}
    task = given.task(place.project, id="tsk_panel", estimated_hours=Decimal("4.00"))
    rows = [
        given.milestone(place.project, due_date=TODAY - timedelta(days=2)),
        given.milestone(place.project, name="Go home", due_date=TODAY + timedelta(days=2)),
        given.milestone(place.project, status=MilestoneStatus.COMPLETED),
        task,
        given.ticket_link(task, person, ticket_number="ACM-101", ticket_title="Printer on fire"),
        given.contract_link(place.project, person, psa_contract_id="k-1", contract_number="CTR-1001"),
        given.project(place.organization, owner, name="Late", due_date=TODAY - timedelta(days=1), **of_client),
        given.project(place.organization, owner, name="Over", status=ProjectStatus.COMPLETED, **of_client),
        given.time_entry(place.project, person, task_id=task.id),
    ]
    await given.stored(door.database, *rows)
    return (await door.context(place.project.id)).json()


async def test_the_panel_shows_the_project_where_it_belongs_and_how_it_is(door: Front, busy: dict[str, Any]):
    place = door.place

    assert list(busy) == [
        "project", "client", "contract", "flags", "milestones", "hours", "linkedTickets", "clientActiveProjects",
        "generatedAt",
    ]  # fmt: skip
    assert busy["project"]["number"] == place.project.number
    assert busy["project"]["url"].endswith(f"/projects/{place.project.id}")
    assert busy["client"] == {"id": place.client.id, "name": place.client.name}
    assert busy["contract"] == {"id": "k-1", "number": "CTR-1001"}
    assert busy["flags"] == {"overdue": False, "atRisk": True, "riskReasons": ["OVERDUE_MILESTONE"]}


async def test_the_panel_sums_milestones_and_hours_and_names_tickets(busy: dict[str, Any]):
    upcoming = busy["milestones"].pop("upcoming")

    assert busy["milestones"] == {"total": 3, "completed": 1, "overdue": 1}
    assert [each["name"] for each in upcoming] == ["Go home"]
    assert busy["hours"] == {"estimated": 4.0, "logged": 1.5}
    assert [(each["number"], each["taskId"]) for each in busy["linkedTickets"]] == [("ACM-101", "tsk_panel")]


async def test_the_panel_lists_the_clients_active_projects(door: Front, busy: dict[str, Any]):
    overdue = {each["name"]: each["flags"]["overdue"] for each in busy["clientActiveProjects"]}

    assert overdue == {door.place.project.name: False, "Late": True}


async def test_there_is_no_project_by_an_id_that_no_database_holds(door: Front):
    answer = await door.context("%00")

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_the_panel_shows_no_money(busy: dict[str, Any]):
    assert [word for word in MONEY if word in str(busy)] == []


async def test_an_unchanged_panel_is_a_304(door: Front):
    first = await door.context(door.place.project.id)
    key = {"x-integration-key": door.key}

    again = await door.context(door.place.project.id, key | {"if-none-match": f'"x", {first.headers["etag"]}'})
    other = await door.context(door.place.project.id, key | {"if-none-match": '"x"'})
    await given.stored(door.database, given.milestone(door.place.project))
    changed = await door.context(door.place.project.id, key | {"if-none-match": first.headers["etag"]})

    assert (again.status_code, other.status_code, changed.status_code) == (304, 200, 200)
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"] != changed.headers["etag"]


async def test_the_key_may_come_as_a_bearer(door: Front):
    answer = await door.context(door.place.project.id, {"authorization": f"Bearer {door.key}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["none", "wrong", "empty", "session"])
async def test_without_the_key_nothing_is_shown(door: Front, kind: str):
    bearer = token(door.place.org, door.place.users[Role.OWNER])
    headers = {
        "none": {}, "wrong": {"x-integration-key": "wrong-wrong-wrong"}, "empty": {"x-integration-key": ""},
        "session": {"authorization": f"Bearer {bearer}"},
    }[kind]  # fmt: skip

    answer = await door.context(door.place.project.id, headers)

    assert answer.status_code == 401
    assert answer.json() == {"error": "A valid integration key is needed.", "code": "UNAUTHORIZED", "details": {}}
    assert "etag" not in answer.headers


async def test_another_organisations_project_is_as_unknown_as_any(door: Front):
    neighbour = await given.workplace(door.database)
    await connect(door.database, neighbour, "http://127.0.0.1:9", f"key-of-the-neighbour-{neighbour.org}")

    foreign = await door.context(neighbour.project.id)
    unknown = await door.context("prj_unknown")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert foreign.json() == {"error": "There is no such project.", "code": "NOT_FOUND", "details": {}}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_it_is_only_ever_read(door: Front, method: str):
    path = f"/api/integration/project-context/{door.place.project.id}"

    answer = await door.client.request(method, path, headers={"x-integration-key": door.key})

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
