"""How much a document may ask for: what is beyond is refused in words, what clients send is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query

from bench.documents import DOCUMENTS
from schema.gate import Document, Gate
from schema.limits import LIMITS
from schema.roots import build

SCHEMA = build()._schema
DOCS = Path(__file__).parents[2] / "docs"


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
    twice = "... @skip(if: false) @include(if: true) { id } " * (count // 2)
    return f"{{ viewer {{ {twice} {'name @skip(if: false)' if count % 2 else ''} }} }}"


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


@pytest.mark.parametrize("kind", ["", "on Project "])
def test_what_is_asked_for_again_in_inline_fragments_is_counted_by_its_type(kind: str):
    text = '{{ project(id: "1") {{ {} }} }}'

    assert judged(text.format(f"... {kind}{{ id }} " * 31)) == []
    assert judged(text.format(f"... {kind}{{ id }} " * 32)) == [("DOCUMENT_TOO_LARGE", BEYOND["aliases"][1])]


def test_what_several_types_have_in_common_is_not_asked_for_again():
    node: Any = SCHEMA.type_map["Node"]
    kinds = SCHEMA.get_possible_types(node)
    text = f"{{ nodes(ids: []) {{ {' '.join(f'... on {kind.name} {{ id __typename }}' for kind in kinds)} }} }}"

    assert len(kinds) * 2 > LIMITS.aliases // 2
    assert judged(text) == []


def test_a_fragment_may_have_more_fields_than_the_root():
    fields = "id number name description engine status progressPercent startDate dueDate completedAt archivedAt url"
    more = "createdAt updatedAt tags customFields budget billingRate actualCost budgetVariance budgetUsedPercent"

    assert judged(f'{{ project(id: "1") {{ ...F }} }} fragment F on Project {{ {fields} {more} budgetFlag }}') == []


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
    tour = re.findall(r"```graphql\n(.*?)```", (DOCS / "tour.md").read_text("utf-8"), re.DOTALL)
    whole = get_introspection_query(input_value_deprecation=True, specified_by_url=True, schema_description=True)
    assert len(tour) > 10

    for text in (*tour, *DOCUMENTS.values(), whole):
        found = Gate(SCHEMA).judge(text)

        assert isinstance(found, Document), (found, text)
        assert not any(operation.heavy for operation in found.operations.values()), text
