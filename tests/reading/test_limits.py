"""How much a document may ask for: what is beyond is refused in words by either finisher, what clients send is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from graphql import get_introspection_query, parse

from bench.documents import DOCUMENTS
from resolvers.answering import PlannedOperation
from schema.executions import Executions
from schema.gate import Document, Gate, Operation
from schema.limits import LIMITS
from schema.roots import build
from schema.weights import Weight, weight
from tests.reading.contest import callers, surroundings

if TYPE_CHECKING:
    from db.session import Database

SCHEMA = build()._schema
TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
THREE_PAGES = "{projects(first:100){nodes{tasks(first:100){nodes{timeEntries(first:100){nodes{id}}}}}}}"
PAGES = "query($a: Int = 100, $b: Int) { projects(first: $a) { nodes { id tasks(first: $b) { nodes { id name } } } } }"


def judged(text: str) -> list[tuple[str, str]]:
    """Return the code of each error that the gate finds, and what its message says beside "A document may"."""
    found = Gate(SCHEMA).judge(text)
    errors = [] if isinstance(found, Document) else found
    return [((error.extensions or {})["code"], error.message.removeprefix("A document may ")) for error in errors]


def deep(levels: int) -> str:
    """Return a document whose fields nest so deep."""
    below = "id"
    for number in range(levels - 2):
        below = f"{('project', 'contractLink')[(levels - number) % 2]} {{ {below} }}"
    return f'{{ project(id: "1") {{ {below} }} }}'


def aliases(count: int) -> str:
    return f"{{ viewer {{ {' '.join(f'a{number}: __typename' for number in range(count))} }} }}"


def roots(count: int) -> str:
    half = " ".join(f"a{number}: viewer {{ id }}" for number in range(count - 1))
    return f"{{ viewer {{ id }} ...F }} fragment F on Query {{ {half} }}"


def directives(count: int) -> str:
    return f"{{ viewer {{ {'... @skip(if: false) { id } ' * count} }} }}"


def operations(count: int) -> str:
    return " ".join(f"query q{number} {{ viewer {{ id }} }}" for number in range(count))


def fields(count: int) -> str:
    """Return a document that comes to so many fields, an even number."""
    return f"{{ viewer {{ id {'...G ' * (count // 2 - 1)} }} }} fragment G on Viewer {{ id name }}"


def again(count: int) -> str:
    return f"{{ viewer {{ {'id ' * (count + 1)} }} }}"


def introspections(count: int) -> str:
    kinds = [
        "__schema { description }",
        *(f'a{number}: __type(name: "Task") {{ name }}' for number in range(count - 1)),
    ]
    return f"{{ {' '.join(kinds)} }}"


BEYOND = {
    "depth": (deep, "nest fields 15 levels deep at most."),
    "aliases": (aliases, "have 30 aliases, and fields that are asked for again, at most."),
    "introspections": (introspections, "ask 3 times about the schema at most."),
    "roots": (roots, "ask for 20 fields of the root at most."),
    "directives": (directives, "have 50 directives at most."),
    "operations": (operations, "have 10 operations at most."),
    "fields": (fields, "ask for 500 fields, fragments spread out, at most."),
}


@pytest.mark.parametrize("limit", BEYOND)
def test_a_document_may_have_so_much_and_no_more(limit: str):
    write, words = BEYOND[limit]
    most = getattr(LIMITS, limit)

    assert judged(write(most)) == []
    assert judged(write(most + 1 + (limit == "fields"))) == [("DOCUMENT_TOO_LARGE", words)]


def test_asking_for_a_field_again_and_again_is_as_giving_it_aliases():
    assert judged(again(30)) == []
    assert judged(again(31)) == [("DOCUMENT_TOO_LARGE", BEYOND["aliases"][1])]


def test_a_fragment_that_nobody_spreads_is_measured_before_it_is_validated():
    assert judged(f"{{ viewer {{ id }} }} fragment F on Viewer {{ {'id ' * 200} }}")[0][0] == "DOCUMENT_TOO_LARGE"


def test_fragments_within_fragments_are_counted_where_they_hold_no_field():
    chain = f"fragment C on Viewer {{ {'... { ' * 60} id {'} ' * 60} }}"
    spread = " ".join(f"fragment F{number} on Viewer {{ ...C }}" for number in range(30))
    text = f"{{ viewer {{ {' '.join(f'...F{number}' for number in range(30))} }} }} {spread} {chain}"

    assert judged(text) == [("DOCUMENT_TOO_LARGE", "have 1000 fields and fragments, these spread out, at most.")]


@pytest.mark.parametrize(("count", "beyond"), [(5, False), (6, True)])
def test_the_operations_of_a_document_share_its_fields(count: int, *, beyond: bool):
    fields = "id name email role organization { id name timezone currency }"
    each = f"viewer {{ {'...F ' * 10} }}"
    text = f"fragment F on Viewer {{ {fields} }} " + " ".join(
        f"query q{number} {{ {each} }}" for number in range(count)
    )

    assert judged(text) == ([("DOCUMENT_TOO_LARGE", BEYOND["fields"][1])] if beyond else [])


def test_fragments_that_double_are_refused_by_their_number_however_large():
    levels = 60
    parts = [f"fragment F{number} on Organization {{ ...F{number + 1} ...F{number + 1} }}" for number in range(levels)]
    text = f"{{ viewer {{ organization {{ ...F0 }} }} }} {' '.join(parts)} fragment F{levels} on Organization {{ id }}"

    assert judged(text)[0][0] == "DOCUMENT_TOO_LARGE"


@pytest.mark.parametrize("text", ["{}", "query Q {}", "{ viewer {} }", "{ viewer { ...F } } fragment F on Viewer {}"])
def test_a_selection_of_nothing_is_no_graphql(text: str):
    assert judged(text) == [("GRAPHQL_PARSE_FAILED", "A selection names at least one field.")]


def test_fragments_in_a_circle_are_validations_to_refuse():
    text = "{ viewer { ...F } } fragment F on Viewer { id ...G } fragment G on Viewer { ...F ...H }"

    assert {code for code, _ in judged(text)} == {"GRAPHQL_VALIDATION_FAILED"}


def test_what_clients_send_is_within_the_limits():
    tour = re.findall(r"```graphql\n(.*?)```", TOUR.read_text("utf-8"), re.DOTALL)
    whole = get_introspection_query(input_value_deprecation=True, specified_by_url=True, schema_description=True)
    assert len(tour) > 10

    for text in (*tour, *DOCUMENTS.values(), whole):
        found = Gate(SCHEMA).judge(text)

        assert isinstance(found, Document), (found, text)
        assert not any(operation.heavy for operation in found.operations.values()), text


def weighed(text: str, variables: dict[str, Any] | None = None) -> Weight:
    operation, *fragments = parse(text).definitions
    named: Any = {node.name.value: node for node in fragments}  # type: ignore[union-attr]
    return weight(PlannedOperation(SCHEMA, operation, named), variables)  # type: ignore[arg-type]


KIND = "query($r: [_Any!]!) {{ _entities(representations: $r) {{ {} }} }}"
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
        ("{ tasks(first: 2) { nodes { dependsOn { dependsOn { id } } } } }", 2 + 2 * (1 + 5 * (1 + 100))),
        ("{ tasks(first: 2) { edges { node { dependsOn { id } } } } }", 2 + 2 * (1 + 1 + 5)),
    ],
)
def test_a_list_that_comes_whole_counts_as_long_as_it_may_be_where_rows_may_come_again(text: str, values: int):
    assert weighed(text).values == values


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
    assert judged(wide(LIMITS.joins + 1)) == [("DOCUMENT_TOO_LARGE", "Each row may lead to 30 others at most.")]
