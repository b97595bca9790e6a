"""Rows asked for by their ids that have a parent in common: a list of the parent's comes once for each, and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reading.contest import Contest, callers
from tests.reading.documents import Document
from tests.reading.population import NORTH
from tests.reading.reference import Reference, World

if TYPE_CHECKING:
    from db.session import Database

BELOW_PROJECTS = [
    "client { projects { nodes { id } } }", "number client { projects(first: 3) { edges { cursor node { number } } } }",
    "owner { id } client { projects { totalCount } }", "milestones { id } client { id projects { nodes { name } } }",
    "client { projects { nodes { id } } } tasks { nodes { id project { milestones { id } } } }",
]  # fmt: skip
BELOW_TASKS = [
    "project { milestones { id name } }", "name project { tasks(first: 2) { nodes { id } pageInfo { hasNextPage } } }",
    "project { client { projects { nodes { id } } } }", "dependsOn { id } project { milestones { id } }",
]  # fmt: skip


@pytest.fixture(scope="module")
async def contest(database: Database) -> Contest:
    """Let all answer over the module's database."""
    return Contest(database, Reference(await World.load(database, NORTH)))


@pytest.mark.parametrize("below", BELOW_PROJECTS)
async def test_projects_of_one_client_by_a_gateway(contest: Contest, below: str):
    text = f"query Q($reps: [_Any!]!) {{ _entities(representations: $reps) {{ ... on Project {{ {below} }} }} }}"
    asked = {"reps": [{"__typename": "Project", "id": id_} for id_ in _known(contest, "Project")]}

    assert await contest.judge(Document(text, asked), callers()) == []


@pytest.mark.parametrize(
    ("type_", "below"), [*(("Project", one) for one in BELOW_PROJECTS), *(("Task", one) for one in BELOW_TASKS)]
)
async def test_nodes_with_a_parent_in_common(contest: Contest, type_: str, below: str):
    text = f"query Q($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_} {{ {below} }} }} }}"
    asked = {"ids": _known(contest, type_)}

    assert await contest.judge(Document(text, asked), callers()) == []


def _known(contest: Contest, table: str) -> list[str]:
    return [row["id"] for row in contest.reference.world.tables[table]][:30]
