"""Documents that are short and would cost much, values that no column holds, and what is kept for whom."""

from __future__ import annotations

import binascii
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from graphql import parse
from sqlalchemy import Date, Integer, String

from db.pages import BadCursor, cursor_value, read_cursor
from db.types import Instant
from resolvers.answering import ENTRIES, VARIANTS
from resolvers.selections import Selections
from schema.roots import build
from tests.reading.contest import callers, planned, surroundings

if TYPE_CHECKING:
    from db.session import Database

SCHEMA = build()._schema


def spreading(levels: int) -> str:
    """Fragments that spread the next one twice: each level would double the work of who looks at each place anew."""
    pairs = [("Project", "contractLink"), ("ContractLink", "project")]
    parts = ["query { tasks(first: 1) { nodes { project { ...F0 } } } }"]
    for number in range(levels):
        type_, field = pairs[number % 2]
        below = f"...F{number + 1}" if number + 1 < levels else "__typename"
        parts.append(f"fragment F{number} on {type_} {{ {field} {{ {below} }} {field} {{ {below} }} }}")
    return " ".join(parts)


def steps_of(levels: int) -> int:
    """Return how many steps of Python it takes to see what such a document wants."""
    document: Any = parse(spreading(levels))
    schema: Any = SCHEMA
    query, *fragments = document.definitions
    selections = Selections(schema, {each.name.value: each for each in fragments}, {})
    field = schema.query_type.fields["tasks"]
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        selections.page(field.type.of_type, [query.selection_set.selections[0]])
    finally:
        sys.setprofile(None)
    return steps


def test_fragments_that_spread_one_another_cost_what_they_are_long():
    short, long = steps_of(6), steps_of(12)

    assert long < 3 * short


CURSORS = [
    (Integer(), 2**31), (Integer(), -(2**63)), (Integer(), True), (Integer(), "1"), (String(), "a\0"), (String(), 1),
    (Date(), "2026-02-30"), (Instant(), "2026-01-01T00:00:00"), (Instant(), "0001-01-01T00:00:00+23:00"),
    (Instant(), 1),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), CURSORS, ids=str)
def test_a_cursor_with_what_no_column_holds_is_a_bad_cursor(type_: Any, value: Any):
    with pytest.raises(BadCursor):
        cursor_value(type_, value)


def test_a_cursor_with_what_a_column_holds_is_good():
    moment = datetime(2026, 1, 1, 22, tzinfo=UTC)

    assert cursor_value(Integer(), 2**31 - 1) == 2**31 - 1
    assert cursor_value(Instant(), "2026-01-02T00:00:00+02:00") == moment
    assert cursor_value(String(), "a") == "a"


@pytest.mark.parametrize("made", [{"id": 1, "b": 2}, ["id"], ["id", None], ["name", "a"], "id", 1, None])
def test_what_is_no_list_of_an_order_and_its_values_is_a_bad_cursor(made: Any):
    with pytest.raises(BadCursor):
        read_cursor(binascii.b2a_base64(orjson.dumps(made), newline=False).decode(), "id", 0, 1)


async def test_what_is_kept_for_others_knows_nothing_of_a_request(database: Database):
    operation = planned(
        "query($s: String!, $ids: [ID!]!) { nodes(ids: $ids) {"
        " ... on Project { id tasks(first: 1, filter: {search: $s}) { nodes { id } } } } }"
    )
    context = surroundings(database, callers()["owner"])
    searched = "what nobody's task is called " * 10
    held = sys.getrefcount(searched)

    assert await operation.answer(context, {"s": searched, "ids": ["prj_nobody"]})
    assert len(operation._variants) == 1
    assert sys.getrefcount(searched) == held


async def test_a_plan_that_took_a_value_serves_nobody_else_and_one_that_took_a_word_does(database: Database):
    by_id = planned("query($id: ID!) { nodes(ids: [$id]) { id } }")
    by_status = planned("query($s: TaskStatus!) { tasks(first: 100, filter: {status: [$s]}) { nodes { status } } }")
    context = surroundings(database, callers()["owner"])

    for id_ in ("prj_nobody", "tsk_nobody"):
        assert await by_id.answer(context, {"id": id_}) == b'{"data":{"nodes":[null]}}'
    for status in ("TODO", "DONE", "TODO"):
        body = orjson.loads(await by_status.answer(context, {"s": status}) or b"")
        assert {each["status"] for each in body["data"]["tasks"]["nodes"]} == {status}

    assert (len(by_id._variants), len(by_status._variants)) == (0, 2)


async def test_the_plans_of_a_document_are_bounded_and_the_oldest_gives_way(database: Database):
    switches = [f"s{number}" for number in range(6)]
    said = ", ".join(f"${name}: Boolean!" for name in switches)
    fields = " ".join(f"{name}: id @include(if: ${name})" for name in switches)
    operation = planned(f"query({said}) {{ projects(first: 1) {{ nodes {{ id {fields} }} }} }}")
    context = surroundings(database, callers()["owner"])

    for number in range(2 ** len(switches)):
        assert await operation.answer(context, {name: bool(number >> place & 1) for place, name in enumerate(switches)})

    assert len(operation._variants) == VARIANTS > 1
    assert dict.fromkeys(switches, True).items() <= dict(next(reversed(operation._variants))[2:]).items()


async def test_of_a_large_document_fewer_plans_are_kept(database: Database):
    many = " ".join(f"a{number}: id" for number in range(ENTRIES // 3))
    switched = "b: id @skip(if: $s) c: id @skip(if: $t)"
    operation = planned(f"query($s: Boolean!, $t: Boolean!) {{ projects {{ nodes {{ {many} {switched} }} }} }}")
    context = surroundings(database, callers()["owner"])

    for s, t in ((True, True), (True, False), (False, True), (False, False)):
        assert await operation.answer(context, {"s": s, "t": t})

    assert len(operation._variants) == 2
