"""Random documents through both finishers and through the naive reference, on both databases, byte for byte.

`make fuzz SEED=7 DOCUMENTS=50000` runs another, larger lot on each database; the test's name shows the seed.
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from resolvers.arguments import Arguments
from tests.reading.contest import Contest, callers
from tests.reading.coverage import everything, mentioned
from tests.reading.documents import Document, Writer, documents
from tests.reading.population import NORTH, SOUTH, TODAY
from tests.reading.reference import Reference, View, World
from tests.reading.suite import suite

if TYPE_CHECKING:
    from db.session import Database

SEED = int(os.environ.get("SEED", "20260302"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", "100"))
FIRST_ONES = 500
LOT = f"{DOCUMENTS} documents, seed {SEED}"
WHATEVER_IT_COSTS = [HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example]
RUN = settings(
    max_examples=DOCUMENTS, deadline=None, database=None, suppress_health_check=WHATEVER_IT_COSTS,
    phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False,
)  # fmt: skip


@pytest.fixture(scope="module")
async def contest(database: Database) -> Contest:
    """Let all answer over the module's database."""
    return Contest(database, Reference(await World.load(database, NORTH)))


@pytest.mark.timeout(60 + DOCUMENTS)
@pytest.mark.parametrize("lot", [LOT], ids=[LOT])
@RUN
@seed(SEED)
@given(chosen=st.data())
async def test_random_documents_are_answered_alike_by_all(contest: Contest, lot: str, chosen: st.DataObject) -> None:
    document = chosen.draw(documents(contest.schema, contest.known))

    complaints = await contest.judge(document, callers())

    assert not complaints, "\n".join([lot, document.text, str(document.variables), *complaints])


async def test_a_null_for_a_directive_is_an_error_where_nothing_is_asked_for_too(contest: Contest) -> None:
    text = "query Q($v0: Boolean = false) { nodes(ids: []) @include(if: $v0) { __typename } }"  # found by `make fuzz`

    assert await contest.judge(Document(text, {"v0": None}), callers()) == []


@pytest.mark.parametrize("order", ["", ", orderBy: {field: NAME, direction: DESC}"], ids=["ids", "names"])
@pytest.mark.parametrize("first", [0, 1, 100])
async def test_a_page_has_its_total_however_short_it_is_cut(contest: Contest, first: int, order: str) -> None:
    wanted = "totalCount nodes { id } pageInfo { hasNextPage endCursor }"  # first: 0 was found by `make fuzz`
    text = f"{{ projects(first: {first}{order}) {{ {wanted} }} clients(first: {first}) {{ {wanted} }} }}"

    assert await contest.judge(Document(text, {}), callers()) == []


@pytest.mark.parametrize("number", range(2))
async def test_the_documents_of_the_other_tests_are_answered_alike_by_all(contest: Contest, number: int) -> None:
    found = suite(contest.schema, contest.known, Random(number))  # noqa: S311 - the same values in every run
    assert len(found) >= 6

    for document in found:
        complaints = await contest.judge(document, callers())

        assert not complaints, "\n".join([document.text, str(document.variables), *complaints])


async def test_every_field_and_every_argument_is_asked_for_and_answered_alike(contest: Contest) -> None:
    asked: set[str] = set()

    for number in range(FIRST_ONES):
        document = random_document(contest, number)
        if new := mentioned(document.text, contest.schema) - asked:
            asked |= new
            complaints = await contest.judge(document, callers())
            assert not complaints, "\n".join([document.text, str(document.variables), *complaints])

    assert everything(contest.schema) - asked == set()


class Blind(View):
    """Forgets who may see what."""

    def sees(self, project_id: str | None) -> bool:
        return super().sees(project_id) or True


class Late(View):
    """Is a day ahead."""

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.today = TODAY + timedelta(1)


class Hurried(View):
    """Loses the last row of a list."""

    def rows(self, table: str, **facts: Any) -> list[dict[str, Any]]:
        found = super().rows(table, **facts)
        return found[:-1] if len(found) > 1 else found


@pytest.mark.parametrize("broken", [Blind, Late, Hurried])
async def test_a_broken_rule_is_found(database: Database, broken: type[View]) -> None:
    contest = Contest(database, Reference(await World.load(database, NORTH), broken))

    number = await first_complaint(contest)

    assert number is not None


async def test_a_plan_that_keeps_a_value_is_found(contest: Contest, monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document("query Q($v0: ID!) { nodes(ids: [$v0]) { id } }", {"v0": contest.known["Project"][0]})
    assert await contest.judge(document, callers()) == []

    contest = Contest(contest.database, contest.reference)
    monkeypatch.setattr(Arguments, "_takes_values", lambda *_: False)

    assert "fast, asked by the owner, differs at" in (await contest.judge(document, callers()))[0]


async def test_rows_of_another_organisation_are_found(database: Database) -> None:
    contest = Contest(database, Reference(await World.load(database, SOUTH)))

    number = await first_complaint(contest)

    assert number is not None


async def first_complaint(contest: Contest) -> int | None:
    """Return the number of the first document over which there is disagreement."""
    for number in range(FIRST_ONES):
        if await contest.judge(random_document(contest, number), callers()):
            return number
    return None


def random_document(contest: Contest, number: int) -> Document:
    """Return the document of this number, the same in every run."""
    chance = Random(number)  # noqa: S311 - as it says
    return Writer(chance.randrange, contest.schema, contest.known).document()
