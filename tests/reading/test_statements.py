"""How many statements a document costs: so many, whatever the number of rows, in both finishers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from schema.executions import Executions
from schema.gate import Operation
from schema.roots import build
from tests import given
from tests.reading.contest import surroundings

if TYPE_CHECKING:
    from db.base import Base
    from db.session import Database
    from db.viewers import Viewer

BOARD = """query ($id: ID!) { project(id: $id) { id name
  tasks(first: 100) { nodes { id name status priority dueDate ticketLink { ticketNumber ticketUrl } } } } }"""
LIST = """query ($after: String) { projects(first: 50, after: $after) {
  edges { cursor node { id number name status progressPercent dueDate client { id name } contractLink { contractNumber }
    milestones { id name dueDate } } }
  pageInfo { hasNextPage endCursor } totalCount } }"""
DEEP = """query ($after: String) { projects(first: 20, after: $after) { edges { node { id name status
  tasks(first: 20) { nodes { id name status priority dueDate
    ticketLink { ticketNumber ticketTitle ticketUrl } } } } } } }"""
HEALTH = """query ($after: String) { commandCenter(first: 50, after: $after) { nodes { client { id name }
  health { activeProjects overdueProjects averageProgress overdueMilestones atRiskProjects } } } }"""
TINY = "query ($id: ID!) { project(id: $id) { id name } }"
ENTITIES = """query ($reps: [_Any!]!) { _entities(representations: $reps) {
  ... on Contract { id projects(first: 20) { nodes { id name progressPercent } } } } }"""
EVERYTHING = """query { projects(first: 50) { totalCount nodes { name client { name health { activeProjects } }
  contractLink { contractNumber } milestones { name }
  tasks(first: 10) { nodes { name ticketLinks { ticketNumber } } } } } }"""


@dataclass
class Crowd:
    """An organisation with so many projects, each with all that hangs on one."""

    viewer: Viewer
    project_id: str
    contracts: list[str]


@pytest.fixture(scope="module")
async def crowds(database: Database) -> dict[int, Crowd]:
    """Give two organisations that differ in size."""
    return {size: await _crowd(database, size) for size in (5, 50)}


@pytest.mark.parametrize("finisher", ["fast", "standard"])
@pytest.mark.parametrize(
    ("document", "statements"),
    [(BOARD, 1), (LIST, 2), (DEEP, 2), (HEALTH, 1), (TINY, 1), (ENTITIES, 1), (EVERYTHING, 4)],
    ids=["board", "list", "deep", "health", "tiny", "entities", "everything"],
)
async def test_a_document_costs_so_many_statements_however_many_rows_there_are(
    database: Database, crowds: dict[int, Crowd], document: str, statements: int, finisher: str
) -> None:
    costs = {size: await _cost(database, crowd, document, finisher) for size, crowd in crowds.items()}

    assert costs == {5: statements, 50: statements}


@pytest.mark.parametrize(("field", "is_read"), [("name", False), ("description", True)])
async def test_a_column_is_read_where_it_is_asked_for_and_nowhere_else(
    database: Database, crowds: dict[int, Crowd], monkeypatch: pytest.MonkeyPatch, *, field: str, is_read: bool
) -> None:
    texts = _noted(database, monkeypatch)

    await _cost(
        database, crowds[5], f"{{ projects {{ nodes {{ id tasks(first: 2) {{ nodes {{ {field} }} }} }} }} }}", "fast"
    )

    assert any("description" in text for text in texts) is is_read
    assert not any(".*" in text for text in texts)


@pytest.mark.parametrize(("filters", "tables"), [("", ["project_members"]), ('(filter: {search: "e"})', ["projects"])])
async def test_a_members_total_is_counted_without_a_look_at_projects_where_no_filter_wants_one(
    database: Database, crowds: dict[int, Crowd], monkeypatch: pytest.MonkeyPatch, filters: str, tables: list[str]
) -> None:
    texts, member = _noted(database, monkeypatch), replace(crowds[5].viewer, sees_all=False)

    await _cost(database, replace(crowds[5], viewer=member), f"{{ projects{filters} {{ totalCount }} }}", "fast")

    assert [re.findall(r"count\(\*\)[^()]*?FROM (\w+)", text) for text in texts] == [tables]


def _noted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every statement from now on is added."""
    texts: list[str] = []
    fetch = database.reader.fetch

    async def noting(sql: str, args: Any) -> Any:
        texts.append(sql)
        return await fetch(sql, args)

    monkeypatch.setattr(database.reader, "fetch", noting)
    return texts


async def _cost(database: Database, crowd: Crowd, document: str, finisher: str) -> int:
    """Return how many statements a document needs."""
    known: dict[str, Any] = {
        "id": crowd.project_id, "reps": [{"__typename": "Contract", "id": contract} for contract in crowd.contracts]
    }  # fmt: skip
    variables = {name: value for name, value in known.items() if f"${name}:" in document}
    executions = Executions(build())
    operation = executions.choose(document, None, variables)
    assert isinstance(operation, Operation)
    context, before = surroundings(database, crowd.viewer), database.reader.statements
    if finisher == "fast":
        assert await executions.bytes(operation, variables, context) is not None
    else:
        assert (await executions.answer(operation, variables, context)).errors is None
    return database.reader.statements - before


async def _crowd(database: Database, size: int) -> Crowd:
    org = given.organization()
    owner = given.user(org, role=Role.OWNER)
    clients = [given.client(org) for _ in range(5)]
    projects = [given.project(org, owner, client_id=clients[number % 5].id) for number in range(size)]
    links = [given.contract_link(project, owner) for project in projects]
    milestones: list[Base] = [given.milestone(project) for project in projects for _ in range(2)]
    tasks = [given.task(project) for project in projects for _ in range(3)]
    tickets = [given.ticket_link(task, owner) for task in tasks]
    await given.stored(database, org, owner, *clients, *projects, *links, *milestones, *tasks, *tickets)
    return Crowd(given.viewer(org, owner), projects[0].id, [link.psa_contract_id for link in links])
