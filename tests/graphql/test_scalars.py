"""What is written in another way than the contract says is refused, however much Python would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.asking import Desk

LOG = """mutation ($project: ID!, $hours: Decimal!, $date: Date!) {
  logTime(input: {projectId: $project, hours: $hours, date: $date}) {
    ... on LogTimePayload { timeEntry { hours date } } ... on InvalidInputError { problems { field } } } }"""
SINCE = "query ($since: DateTime!) { activity(filter: {since: $since}) { totalCount } }"


@pytest.mark.parametrize(
    "hours", ["1_5", " 1", "1 ", "\u0662", "", ".", "1e", "0x10", "NaN", "Infinity", "1" * 31, True, []]
)
async def test_hours_are_digits_and_a_point(desk: Desk, hours: Any):
    assert await _codes(desk, hours=hours) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "day", ["20260102", "2026-W01-1", "2026-1-2", "\uff12026-01-02", "2026-02-30", "tomorrow", 1, None]
)
async def test_a_day_is_written_as_year_month_day(desk: Desk, day: Any):
    assert await _codes(desk, date=day) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "moment", ["2026-01-02", "20260102T030405Z", "2026-01-02T03:04:05", "0001-01-01T00:00:00+23:59", "yesterday", 1]
)
async def test_a_moment_has_a_zone_and_is_one_that_there_is(desk: Desk, moment: Any):
    assert await desk.error_codes(SINCE, since=moment) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("moment", ["2026-01-02T03:04:05Z", "2026-01-02T03:04Z", "2026-01-02T03:04:05.123+02:00"])
async def test_a_moment_may_be_written_in_any_zone(desk: Desk, moment: str):
    assert await desk.ask(SINCE, since=moment) == await desk.ask(SINCE, since="2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("hours", "kept"), [("1.5", "1.50"), ("+2", "2.00"), (".25", "0.25"), (1.5, "1.50"), ("1e0", "1.00")]
)
async def test_hours_may_be_written_as_a_number(desk: Desk, hours: Any, kept: str):
    told = await desk.ask(LOG, project=desk.place.project.id, hours=hours, date="2026-01-02")

    assert told == {"timeEntry": {"hours": kept, "date": "2026-01-02"}}


async def test_what_is_written_wrong_in_a_document_is_pointed_at(desk: Desk):
    wrong = '{ timeEntries(filter: {dateFrom: "20260102"}) { totalCount } }'

    [error] = (await desk.execute(wrong, {})).errors or []

    assert "Date must be written as YYYY-MM-DD." in error.message
    assert [(place.line, place.column) for place in error.locations or ()] == [(1, 34)]


async def _codes(desk: Desk, **said: Any) -> list[str]:
    return await desk.error_codes(LOG, **{"project": desk.place.project.id, "hours": "1", "date": "2026-01-02"} | said)


@pytest.mark.parametrize("searched", ["projects", "tasks", "clients"])
async def test_a_search_has_an_end(desk: Desk, searched: str):
    query = f"query ($text: String!) {{ {searched}(filter: {{search: $text}}) {{ totalCount }} }}"

    for text in ("a" * 1_001, "%" * 25_001, "a" * 50_001, "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 400):
        assert await desk.error_codes(query, text=text) == ["BAD_USER_INPUT"]
    for text in ("a" * 1_000, "%" * 1_000, "\N{GRINNING FACE}" * 1_000):
        assert await desk.ask(query, text=text) == {"totalCount": 0}
