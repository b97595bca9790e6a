"""What an export would do: the same verdicts as the export, in the same order, and nothing written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from db.ledger.tables import OutboundOp
from db.organizations import Role
from db.time_entries.tables import ApprovalStatus
from tests import given
from tests.acting import rows
from tests.asking import open_desk
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from tests.asking import Desk

PREVIEW = """query ($id: ID!, $ids: [ID!], $first: Int! = 20, $after: String) {
  exportPreview(projectId: $id, timeEntryIds: $ids) {
    __typename
    ... on ExportPreview {
      contractNumber hours amount eligibleCount refusedCount refusals { code count } warnings { code count } fingerprint
      lines(first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { timeEntryId eligible reasons message warnings timeEntry { hours } }
        edges { cursor node { timeEntryId } }
      }
    }
    ... on ContractNotLinkedError { project { name } }
    ... on ProjectsError { code message }
  } }"""


async def preview(desk: Desk, role: Role = Role.OWNER, **more: Any) -> Any:
    return await desk.ask(PREVIEW, role, **({"id": desk.place.project.id} | more))


async def test_a_preview_says_what_the_export_then_does(desk: Desk):
    await linked(desk)
    [good] = await entries(desk, 1)
    [bad] = await entries(desk, 1, approval_status=ApprovalStatus.PENDING, billable=False)
    ids = [bad.id, good.id, "tme_nowhere"]

    shown = await preview(desk, Role.MANAGER, ids=ids)
    written = await rows(desk.database, desk.org, OutboundOp)
    exported = await desk.do(EXPORT, **said(desk, timeEntryIds=ids))

    lines = shown["lines"]["nodes"]
    assert [line["timeEntryId"] for line in lines] == ids
    assert [line["reasons"] for line in lines] == [["NOT_APPROVED", "NOT_BILLABLE"], [], ["NOT_FOUND"]]
    assert [next(iter(line["reasons"]), None) for line in lines] == [line["code"] for line in exported["lines"]]
    assert [line["timeEntry"] for line in lines] == [{"hours": "1.50"}, {"hours": "1.50"}, None]
    assert {name: exported["batch"]["totals"][name] for name in ("hours", "amount")} == {
        "hours": shown["hours"], "amount": shown["amount"],
    } == {"hours": "1.50", "amount": "180.00"}  # fmt: skip
    assert (shown["eligibleCount"], shown["refusedCount"]) == (1, 2)
    assert shown["refusals"] == [{"code": "NOT_APPROVED", "count": 1}, {"code": "NOT_FOUND", "count": 1}]
    assert written == []


async def test_without_a_list_all_that_is_eligible_is_shown_page_by_page(desk: Desk):
    await linked(desk)
    made = await entries(desk, 3)
    await entries(desk, 1, billable=False)

    first = await preview(desk, first=2)
    rest = await preview(desk, first=2, after=first["lines"]["pageInfo"]["endCursor"])

    seen = [edge["node"]["timeEntryId"] for page in (first, rest) for edge in page["lines"]["edges"]]
    assert seen == [each.id for each in made]
    assert [page["lines"]["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]
    assert (first["lines"]["totalCount"], first["hours"], first["amount"]) == (3, "4.50", "540.00")


async def test_the_fingerprint_changes_when_something_else_would_be_sent(desk: Desk):
    await linked(desk)
    await entries(desk, 1)

    first, same = await preview(desk), await preview(desk)
    await entries(desk, 1)
    other = await preview(desk)

    assert first["fingerprint"] == same["fingerprint"] != other["fingerprint"]


async def test_what_may_be_wrong_is_told_and_stops_nothing(desk: Desk):
    owner = desk.place.users[Role.OWNER]
    link = given.contract_link(desk.place.project, owner, psa_client_id="c-1", end_date=date(2026, 2, 28))
    await given.stored(desk.database, link)
    await entries(desk, 1, billing_rate=None, date=date(2026, 2, 1))

    shown = await preview(desk)

    assert shown["lines"]["nodes"][0]["warnings"] == ["CONTRACT_EXPIRED", "RATE_MISSING", "CLIENT_MISMATCH"]
    assert shown["warnings"] == [{"code": code, "count": 1} for code in shown["lines"]["nodes"][0]["warnings"]]
    assert (shown["eligibleCount"], shown["amount"]) == (1, "0.00")


@pytest.mark.parametrize(("day", "warnings"), [(date(2026, 3, 31), []), (date(2026, 4, 1), ["CONTRACT_EXPIRED"])])
async def test_a_contract_that_ends_before_the_day_of_work_is_told(desk: Desk, day: date, warnings: list[str]):
    owner = desk.place.users[Role.OWNER]
    await given.stored(desk.database, given.contract_link(desk.place.project, owner, end_date=date(2026, 3, 31)))
    await entries(desk, 1, date=day)

    shown = await preview(desk)

    assert shown["lines"]["nodes"][0]["warnings"] == warnings


async def test_what_has_no_contract_can_have_no_preview(desk: Desk):
    refused = await preview(desk)

    assert (refused["code"], refused["project"]) == ("CONTRACT_NOT_LINKED", {"name": "Office move"})


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ids": []}, "INVALID_INPUT"),
        ({"ids": ["\0"]}, "INVALID_INPUT"),
        ({"ids": [f"tme_{number}" for number in range(201)]}, "LIST_TOO_LONG"),
    ],
)
async def test_a_list_has_a_beginning_and_an_end(desk: Desk, more: dict[str, Any], code: str):
    await linked(desk)

    refused = await preview(desk, **more)

    assert refused["code"] == code


async def test_who_may_not_export_sees_no_preview(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = other.place.project.id

    forbidden = await preview(desk, Role.MEMBER)
    unknown = await preview(desk, id="prj_nowhere")
    hidden = await preview(desk, id=foreign)

    assert forbidden["code"] == "FORBIDDEN"
    assert hidden == {**unknown, "message": unknown["message"].replace("prj_nowhere", foreign)}
    await other.leave()


@pytest.mark.parametrize("said", [{"first": 101}, {"first": -1}, {"after": "nonsense"}])
async def test_a_page_that_cannot_be_is_a_malformed_request(desk: Desk, said: dict[str, Any]):
    await linked(desk)

    result = await desk.error_codes(PREVIEW, id=desk.place.project.id, **said)

    assert result == ["BAD_USER_INPUT"]


async def test_a_preview_costs_as_many_statements_for_many_entries_as_for_few(desk: Desk):
    await linked(desk)
    few = [each.id for each in await entries(desk, 1)]
    many = [each.id for each in await entries(desk, 30)]
    statements: list[str] = []
    engine = desk.database._reading.sync_engine

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)

    await preview(desk, ids=few)
    first = len(statements)
    await preview(desk, ids=many)
    event.remove(engine, "before_cursor_execute", count)

    assert first > 0
    assert len(statements) == 2 * first
