"""Documents that differ only in their words and numbers are compiled once, and each is answered in its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from resolvers import literals
from resolvers.literals import Literals
from tests.reading.contest import callers, planned, surroundings

if TYPE_CHECKING:
    from db.session import Database

LIST = """query {name}(${variable}: String) {{ {root}: projects(first: {first}, after: ${variable}) {{
  totalCount {nodes}: nodes {{ {id}: id tasks(first: {tasks}) {{ nodes {{ id {id}: name }} }} }}
  pageInfo {{ hasNextPage }} }} }}"""


async def asked(database: Database, text: str = LIST, **words: Any) -> dict[str, Any]:
    operation = planned(text.format(**words))
    return orjson.loads(await operation.answer(surroundings(database, callers()["owner"]), {}) or b"")["data"]


async def test_other_words_and_numbers_need_no_other_code(database: Database):
    literals._compiled.cache_clear()

    one = await asked(database, name="a", variable="v", root="r", nodes="n", id="i", first=2, tasks=1)
    other = await asked(database, name="b", variable="w", root="some", nodes="each", id="key", first=3, tasks=4)

    assert literals._compiled.cache_info().misses == 1
    assert [node["i"] for node in one["r"]["n"]] == [node["key"] for node in other["some"]["each"]][:2]
    assert (len(one["r"]["n"]), len(other["some"]["each"])) == (2, 3)
    assert {*other["some"]["each"][0]["tasks"]["nodes"][0]} == {"id", "key"}
    assert max(len(node["tasks"]["nodes"]) for node in one["r"]["n"]) == 1


async def test_another_structure_needs_other_code(database: Database):
    literals._compiled.cache_clear()
    words = {"name": "a", "variable": "v", "root": "r", "nodes": "n", "id": "i", "first": 2, "tasks": 2}

    await asked(database, **words)
    await asked(database, LIST.replace("hasNextPage", "hasPreviousPage"), **words)

    assert literals._compiled.cache_info().misses == 2


@pytest.mark.parametrize("value", ["", "a", "'", "\n", "\0", "\0" + "0", "é", 0, 1, -1, 2**40])
def test_a_value_comes_back_as_it_was(value: str | int):
    made = Literals()
    first, again = made.mark(value), made.mark(value)
    source = (
        f"def run(s): return ({first}, [1, {made.mark('b')}, {again}], {{{made.mark('k')}: {first}, 'j': s}}, True)"
    )
    names: dict[str, Any] = {}

    exec(made.compiled(source), names)  # noqa: S102 - as a plan is

    assert names["run"](5) == (value, [1, "b", value], {"k": value, "j": 5}, True)


def test_a_number_in_a_slice_comes_back_too():
    made, names = Literals(), dict[str, Any]()
    first, last = made.mark(2), made.mark(3)

    exec(made.compiled(f"def run(s): return s[{first}:], s[:{last}]"), names)  # noqa: S102 - as a plan is

    assert names["run"]("abcde") == ("cde", "abc")
    # From Python 3.14 on slices are constants of a code.
    assert literals._meant((slice("\0" + "0", None),), {"\0" + "0": 2}) == (slice(2, None),)


async def test_equal_words_need_no_other_code_than_different_ones(database: Database):
    literals._compiled.cache_clear()
    words = {"name": "a", "variable": "v", "root": "r", "nodes": "n", "first": 2}

    await asked(database, **words, id="i", tasks=2)
    await asked(database, **words, id="nodes", tasks=4)

    assert literals._compiled.cache_info().misses == 1
