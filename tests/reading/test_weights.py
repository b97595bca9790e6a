"""What an answer may come to: weighed before there is a choice of finisher, and refused in numbers."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from decimal import InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from db.milestones import commands as milestones
from db.milestones.commands import MOST_MILESTONES
from db.projects import commands as projects
from db.projects.members import MOST_MEMBERS
from db.tasks import commands as tasks
from db.tasks.dependencies import MOST_DEPENDENCIES
from db.tickets import MOST_LINKS
from db.time_entries import commands as time_entries
from schema.executions import Executions
from schema.gate import Gate, Operation
from schema.limits import LIMITS
from schema.roots import build
from schema.weights import LONG, LONGEST, Weight, weight
from tests.reading.contest import callers, planned, surroundings

if TYPE_CHECKING:
    from db.session import Database

SCHEMA = build()._schema
DOCS = Path(__file__).parents[2] / "docs"
ROWS = {
    "operations": "its operations; what they ask for is summed", "fields": "fields, fragments spread out",
    "steps": "fields and fragments, these spread out", "roots": "fields of the root", "directives": "directives",
    "depth": "fields within fields (a connection takes three: itself, `edges`, `node`)",
    "aliases": "aliases; a field that one selection asks for again is one, too",
    "introspections": "`__schema` and `__type`", "values": "values in the answer",
    "joins": "objects that each row of a list leads to (`assignee`, `project { client }`)",
}  # fmt: skip
THREE_PAGES = "{projects(first:100){nodes{tasks(first:100){nodes{timeEntries(first:100){nodes{id}}}}}}}"
PAGES = "query($a: Int = 100, $b: Int) { projects(first: $a) { nodes { id tasks(first: $b) { nodes { id name } } } } }"


def weighed(text: str, variables: dict[str, Any] | None = None) -> Weight:
    return weight(planned(text), variables)


KIND = "query($r: [_Any!]!) {{ _entities(representations: $r) {{ {} }} }}"
PROJECTS = "... on Project { milestones { id } }"
CLIENTS = "... on Client { projects(first: 10) { nodes { id name } } }"
CONTRACTS = "... on Contract { id projects(first: 30) { nodes { id } } }"


@pytest.mark.parametrize(
    ("text", "variables", "values"),
    [
        ("{ viewer { id name } }", {}, 3),
        ("{ viewer { ...F ... { name } } } fragment F on Viewer { id }", {}, 3),
        ("{ projects { totalCount nodes { id } pageInfo { hasNextPage } } }", {}, 1 + 1 + 1 + 20 + 2),
        ("{ projects(first: 7) { edges { cursor node { id client { name } } } } }", {}, 2 + 7 * 5),
        ("{ projects(first: 0) { nodes { id } } }", {}, 2),
        ("{ projects(first: null) { nodes { id } } }", {}, 2 + 20),
        ("{ projects(first: 3) { nodes { description } } }", {}, 2 + 3 * 50),
        (PAGES, {}, 2 + 100 * (2 + 1 + 20 * 2)),
        (PAGES, {"a": 2, "b": 3}, 2 + 2 * (2 + 1 + 3 * 2)),
        (PAGES, {"a": 2.0, "b": 1e300}, 2 + 2 * (2 + 1 + 100 * 2)),
        (PAGES, {"a": None, "b": None}, 2 + 20 * (2 + 1 + 20 * 2)),
        (PAGES, {"a": 10**9, "b": -1}, 2 + 100 * (2 + 1)),
        (PAGES, {"a": "many", "b": [1]}, 2 + 100 * (2 + 1 + 100 * 2)),
        (PAGES, None, 2 + 100 * (2 + 1 + 100 * 2)),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, 1 + 2),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b", "c"]}, 1 + 3),
        ('query($ids: [ID!]! = ["a"]) { nodes(ids: $ids) { id } }', {}, 1 + 1),
        ('query($ids: [ID!]! = ["a"]) { nodes(ids: $ids) { id } }', None, 1 + 100),
        (KIND.format(PROJECTS), {"r": [{"id": "a"}, {"id": "b"}]}, 1 + 2 * (1 + 5)),
        (KIND.format(PROJECTS), {"r": [{"id": "a"}, {"id": "a"}]}, 1 + 2 * (1 + 100)),
        (KIND.format(PROJECTS), {"r": [{"id": "a"}, {"id": "a", "of": "b"}]}, 1 + 2 * (1 + 100)),
        (KIND.format(PROJECTS), {"r": [["a"], 1]}, 1 + 2 * (1 + 100)),
        (KIND.format(PROJECTS), None, 1 + 100 * (1 + 100)),
        (KIND.format(CLIENTS), {"r": [{}] * 4}, 1 + 4 * (2 + 10 * 2)),
        (KIND.format(f"{CLIENTS} {CONTRACTS}"), {"r": [{}] * 4}, 1 + 4 * (3 + 30)),
        ("{ __schema { types { name } } }", {}, 1),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_weighs_what_its_pages_hold_when_they_are_full(
    text: str, variables: dict[str, Any] | None, values: int
):
    assert weighed(text, variables).values == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{ projects(first: 3) { nodes { milestones { id } } } }", 2 + 3 * (1 + 5)),
        ('{ project(id: "1") { milestones { id } } }', 1 + 1 + 100),
        ('{ project(id: "1") { milestones { project { milestones { id } } } } }', 2 + 100 * (1 + 1 + 100)),
        ("{ tasks(first: 2) { nodes { project { milestones { id } } } } }", 2 + 2 * (1 + 1 + 100)),
        ("{ tasks(first: 2) { nodes { dependsOn { id } } } }", 2 + 2 * (1 + 100)),
        ("{ tasks(first: 2) { edges { node { ticketLinks { id } } } } }", 2 + 2 * (1 + 1 + 5)),
        ("{ tasks(first: 2) { nodes { ticketLinks { task { ticketLinks { id } } } } } }", 2 + 2 * (1 + 5 * (2 + 100))),
        ('{ nodes(ids: ["a", "b"]) { ... on Project { milestones { id } } } }', 1 + 2 * (1 + 5)),
        ('{ nodes(ids: ["a", "a"]) { ... on Project { milestones { id } } } }', 1 + 2 * (1 + 100)),
    ],
)
def test_a_list_that_comes_whole_counts_as_long_as_it_may_be_where_rows_may_come_again(text: str, values: int):
    assert weighed(text).values == values


def test_what_may_be_long_is_weighed_as_such():
    checks = {**projects.CHECKS, **tasks.CHECKS, **milestones.CHECKS, **time_entries.CHECKS}
    free = {camel(name) for name, check in checks.items() if takes_much(check) and not name.endswith(("_id", "_ids"))}

    # A rejection's reason and an activity's details are made elsewhere; two switches are GraphQL's to check.
    assert free == LONG.keys() - {"rejectionReason", "details"} | {"billable", "visibleToClient"}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def takes_much(check: Any) -> bool:
    """Tell whether a check lets through what has thousands of characters."""
    for value in ("x" * 9_000, [f"{number:0200}" for number in range(50)], {"x": "y" * 9_000}):
        with suppress(ValueError, TypeError, AttributeError, InvalidOperation):
            check(value)
            return True
    return False


def test_a_list_that_comes_whole_may_be_as_long_as_it_is_weighed():
    assert max(MOST_MEMBERS, MOST_DEPENDENCIES, MOST_LINKS, MOST_MILESTONES) == LONGEST


def test_the_page_about_limits_says_what_they_are():
    page = (DOCS / "limits.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", page, re.MULTILINE))
    example = re.search(r"`(projects\(first: 50\).*?)`.*? = ([0-9,]+)\.", page, re.DOTALL)

    for name, most in asdict(LIMITS).items():
        assert rows[ROWS[name]] == f"{most:,}", name
    assert example
    assert weighed(f"{{ {example[1]} }}").values == int(example[2].replace(",", ""))


def test_what_is_asked_for_in_several_fragments_is_weighed_once():
    parts = "id tasks(first: 5) { nodes { id } }"
    fragments = " ".join(f"fragment F{number} on Project {{ {parts} }}" for number in range(3))

    assert weighed(f'{{ project(id: "1") {{ ...F0 ...F1 ...F2 }} }} {fragments}') == weighed(
        f'{{ project(id: "1") {{ {parts} }} }}'
    )


def test_what_pages_within_pages_come_to_is_refused_in_numbers():
    refused = Executions(build()).choose(THREE_PAGES, None, {})

    assert isinstance(refused, list)
    assert refused[0].extensions == {"code": "ANSWER_TOO_LARGE"}
    assert refused[0].message.startswith("This may be answered with 1,020,202 values, and 250,000 are the most.")


def test_the_same_document_is_answered_with_shorter_pages():
    executions = Executions(build())
    text = THREE_PAGES.replace("(first:100)", "(first:$n)").replace("{projects", "query($n: Int) {projects")

    chosen = [executions.choose(text, None, {"n": number}) for number in (100, 20, 100)]
    unsaid = executions.choose(text, None, {})

    assert [isinstance(each, Operation) for each in (*chosen, unsaid)] == [False, True, False, True]


LEADS = {
    "Task": {
        "project": "Project", "milestone": "Milestone", "assignee": "", "reporter": "", "ticketLink": "TicketLink"
    },
    "Project": {"owner": "", "client": "", "contractLink": "ContractLink"},
    "Milestone": {"project": "Project"},
    "ContractLink": {"linkedBy": "", "project": "Project"},
    "TicketLink": {"linkedBy": "", "task": "Task", "project": "Project"},
}  # fmt: skip


def wide(joins: int) -> str:
    """Return a document whose rows lead to so many others, the nearest first."""
    tree: dict[str, Any] = {}
    waiting = [(tree, "Task")]
    for place, type_ in waiting:  # which grows as it is walked
        for name, target in LEADS.get(type_, {}).items():
            if joins > 0:
                joins -= 1
                place[name] = {}
                waiting.append((place[name], target))
    return f"{{ tasks(first: 2) {{ nodes {{ {selected(tree)} }} }} }}"


def selected(tree: dict[str, Any]) -> str:
    return " ".join(["id", *(f"{name} {{ {selected(below)} }}" for name, below in tree.items())])


async def test_rows_lead_to_as_many_others_as_both_databases_can_join(database: Database):
    executions, context = Executions(build()), surroundings(database, callers()["member"])
    operation = executions.choose(wide(LIMITS.joins), None, {})
    assert isinstance(operation, Operation)

    result = await executions.answer(operation, {}, context)
    body = await executions.bytes(operation, {}, context)

    assert weighed(wide(LIMITS.joins)).joins == LIMITS.joins
    assert (result.errors, body is None) == (None, False)


def test_rows_that_lead_to_more_are_refused():
    refused = Gate(SCHEMA).judge(wide(LIMITS.joins + 1))

    assert isinstance(refused, list)
    assert refused[0].message == "Each row may lead to 30 others at most."
    assert refused[0].extensions == {"code": "DOCUMENT_TOO_LARGE"}
