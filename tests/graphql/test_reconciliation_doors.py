"""Reconciliation: who may ask, for which days, page by page; and a PSA that does not answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from tests import given
from tests.asking import open_desk
from tests.graphql.test_exports import linked
from tests.graphql.test_reconciliations import RECONCILE, exported, kept, put, reconcile

if TYPE_CHECKING:
    from tests.asking import Desk

LINES = """query ($id: ID!, $first: Int!) {
  exportReconciliation(projectId: $id, first: $first) {
    ... on ExportReconciliation { lines { pageInfo { hasNextPage } nodes { verdict } } } } }"""


@pytest.fixture
async def settled(desk: Desk) -> Desk:
    await linked(desk)
    return desk


async def asked(desk: Desk) -> int:
    """How often the PSA was asked for time entries."""
    return len([call for call in await desk.calls("GET") if call["path"] == "/api/time-entries"])


async def test_pages_follow_each_other_in_the_order_of_the_references(settled: Desk):
    made = await exported(settled, 5)

    pages = [await reconcile(settled, first=2)]
    while pages[-1]["lines"]["pageInfo"]["hasNextPage"]:
        pages.append(await reconcile(settled, first=2, after=pages[-1]["lines"]["pageInfo"]["endCursor"]))

    seen = [edge["node"]["externalRef"] for page in pages for edge in page["lines"]["edges"]]
    assert seen == sorted(f"projects:{settled.org}:{each.id}:1" for each in made)
    assert [len(page["lines"]["nodes"]) for page in pages] == [2, 2, 1]
    assert [page["lines"]["totalCount"] for page in pages] == [5, None, None]
    assert [page["lines"]["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True]
    assert [page["totals"]["complete"] for page in pages] == [True] * 3


async def test_verdicts_choose_the_lines_and_never_the_totals(settled: Desk):
    made = await exported(settled, 3)
    [record] = await kept(settled, made[1])
    await put(settled, record["id"], hours="3.00")

    found = await reconcile(settled, verdicts=["DIFFERENT", "MISSING_IN_PSA"], first=1)

    assert [line["timeEntry"]["id"] for line in found["lines"]["nodes"]] == [made[1].id]
    assert (found["lines"]["totalCount"], found["lines"]["pageInfo"]["hasNextPage"]) == (1, False)
    assert {each["verdict"]: (each["count"], each["hoursTheirs"]) for each in found["totals"]["byVerdict"]} == {
        "MATCHED": (2, "3.00"), "MISSING_IN_PSA": (0, "0.00"), "DIFFERENT": (1, "3.00"),
        "DUPLICATE_IN_PSA": (0, "0.00"), "UNKNOWN_IN_PROJECTS": (0, "0.00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "period", "number"),
    [
        ({}, ("2026-01-31", "2026-03-02"), 1),
        ({"from": "2026-03-03"}, None, 0),
        ({"from": "2026-03-02"}, ("2026-03-02", "2026-03-02"), 1),
        ({"to": "2026-03-01"}, ("2026-01-30", "2026-03-01"), 0),
        ({"from": "2026-03-02", "to": "2026-03-02"}, ("2026-03-02", "2026-03-02"), 1),
        ({"to": "0001-01-05"}, ("0001-01-01", "0001-01-05"), 0),
        ({"from": "0001-01-01", "to": "9999-12-31"}, ("0001-01-01", "9999-12-31"), 1),
    ],
)
async def test_a_period_counts_by_days_of_work(
    settled: Desk, days: dict[str, Any], period: tuple[str, str] | None, number: int
):
    await exported(settled, 1)

    found = await reconcile(settled, **days)

    if period is None:
        assert (found["code"], found["problems"]) == ("INVALID_INPUT", [{"field": "from"}])
    else:
        assert (found["from"], found["to"], len(found["lines"]["nodes"])) == (*period, number)


async def test_today_is_where_the_organisation_is(settled: Desk):
    settled.now = datetime(2026, 3, 2, 11, tzinfo=UTC)
    eastern = replace(settled.place.viewer(), timezone="Pacific/Kiritimati")

    found = await settled.ask(RECONCILE, eastern, id=settled.place.project.id)

    assert found["to"] == "2026-03-03"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"first": 101}, "first"),
        ({"first": -1}, "first"),
        ({"after": "nonsense"}, "after"),
        ({"after": "WyJwbGFjZSIsM10="}, "after"),
        ({"after": "WyJyZWZlcmVuY2UiLDNd"}, "after"),
        ({"after": "WyJyZWZlcmVuY2UiLCJcdTAwMDAiXQ=="}, "after"),
        ({"id": "\0"}, "projectId"),
    ],
)
async def test_a_question_that_makes_no_sense_costs_no_call(settled: Desk, more: dict[str, Any], field: str):
    refused = await reconcile(settled, **more)

    assert (refused["code"], refused["problems"]) == ("INVALID_INPUT", [{"field": field}])
    assert await asked(settled) == 0


async def test_who_may_not_export_reconciles_nothing(settled: Desk):
    other = await open_desk(settled.database, settled.sandbox)
    foreign = other.place.project.id

    forbidden = await reconcile(settled, Role.MEMBER)
    unknown = await reconcile(settled, id="prj_nowhere")
    hidden = await reconcile(settled, id=foreign)

    assert forbidden["code"] == "FORBIDDEN"
    assert hidden == {**unknown, "message": unknown["message"].replace("prj_nowhere", foreign)}
    assert await asked(settled) == 0
    await other.leave()


async def test_a_product_with_the_integration_key_reconciles_nothing(settled: Desk):
    viewer = given.integration(settled.place.organization)

    refused = await settled.ask(RECONCILE, viewer, id=settled.place.project.id)

    assert refused["code"] == "FORBIDDEN"


async def test_an_organisation_sees_nothing_of_another_on_the_same_contract(settled: Desk):
    await exported(settled, 1)
    other = await open_desk(settled.database, settled.sandbox)
    await linked(other)

    found = await reconcile(other)

    assert found["lines"]["nodes"] == []
    await other.leave()


async def test_what_was_never_linked_has_nothing_to_compare_and_costs_no_call(desk: Desk):
    found = await reconcile(desk)

    assert (found["contractIds"], found["lines"]["nodes"], found["totals"]["complete"]) == ([], [], True)
    assert await asked(desk) == 0


async def test_what_is_not_configured_says_so(settled: Desk):
    bare = await open_desk(settled.database, settled.sandbox, configured=False)
    await linked(bare)

    refused = await reconcile(bare)

    assert refused["code"] == "PSA_NOT_CONFIGURED"
    await bare.leave()


@pytest.mark.parametrize("path", ["/api/time-entries", "/api/time-entries/batch"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "status", "status": 401}, "PSA_BAD_CREDENTIALS"),
        ({"do": "status", "status": 503}, "PSA_UNAVAILABLE"),
        ({"do": "status", "status": 404}, "PSA_UNAVAILABLE"),
        ({"do": "status", "status": 400}, "PSA_REJECTED"),
        ({"do": "garbage"}, "PSA_UNAVAILABLE"),
        ({"do": "rate_limit", "retryAfter": 20}, "PSA_RATE_LIMITED"),
    ],
)
async def test_no_answer_is_no_comparison(settled: Desk, path: str, fault: dict[str, Any], code: str):
    await exported(settled, 1)
    [record] = await kept(settled)
    await settled.sandbox.remove("time-entries", record["id"], settled.org)
    await settled.sandbox.faults({"match": {"path": path}, **fault})

    refused = await reconcile(settled)

    assert refused["code"] == code
    assert (refused["retryAfterSeconds"] == 20) == (code == "PSA_RATE_LIMITED")


async def test_a_psa_that_is_down_is_no_comparison(settled: Desk):
    await exported(settled, 1)
    await settled.sandbox.faults({"do": "refuse"})

    refused = await reconcile(settled)

    assert refused["code"] in ("PSA_UNAVAILABLE", "PSA_UNREACHABLE")


async def test_a_psa_that_overlooks_the_order_is_never_believed(settled: Desk):
    made = await exported(settled, 2)
    [record] = await kept(settled, made[0])
    await settled.sandbox.remove("time-entries", record["id"], settled.org)
    await put(settled, record["id"], **record)
    await settled.sandbox.settings(tenant=settled.org, ignoresFilters=True)

    refused = await reconcile(settled)

    assert refused["code"] == "PSA_UNAVAILABLE"
    assert "order" in refused["message"]


async def test_the_last_calls_of_a_minute_are_left_to_people(settled: Desk):
    await exported(settled, 1)
    so_far = len(await settled.calls())
    await settled.sandbox.settings(tenant=settled.org, rateLimit=so_far + 2)

    passed = await reconcile(settled)
    refused = await reconcile(settled)

    assert passed["totals"]["complete"] is True
    assert refused["code"] == "PSA_RATE_LIMITED"
    assert 0 < refused["retryAfterSeconds"] <= 60
    assert len(await settled.calls()) == so_far + 1


async def test_without_totals_no_more_is_read_than_the_page_takes(settled: Desk):
    await exported(settled, 3)

    found = await settled.ask(LINES, id=settled.place.project.id, first=1)

    assert found["lines"] == {"pageInfo": {"hasNextPage": True}, "nodes": [{"verdict": "MATCHED"}]}
