"""Reconciliation, as clients see it: every verdict brought about truly, by changing what the PSA keeps."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from tests import given
from tests.acting import rows
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from db.time_entries.tables import TimeEntry
    from tests.asking import Desk

RECONCILE = """query (
  $id: ID!, $from: Date, $to: Date, $verdicts: [ReconciliationVerdict!], $first: Int! = 20, $after: String
) {
  exportReconciliation(projectId: $id, from: $from, to: $to, verdicts: $verdicts, first: $first, after: $after) {
    __typename
    ... on ExportReconciliation {
      from to contractIds
      totals {
        byVerdict { verdict count hoursOurs hoursTheirs amountOurs amountTheirs } unsettled complete resumeAfter
      }
      lines {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { externalRef } }
        nodes {
          verdict externalRef state repair hint psaTimeEntryIds invoiced hoursOurs hoursTheirs
          differences { fact ours theirs warning } timeEntry { id } exportLine { id psaTimeEntryId }
        }
      }
    }
    ... on InvalidInputError { problems { field } }
    ... on ProjectsError { code message retryAfterSeconds }
  } }"""


async def exported(desk: Desk, number: int, **facts: Any) -> list[TimeEntry]:
    made = await entries(desk, number, **facts)
    answer = await desk.do(EXPORT, **said(desk, *made, key=made[0].id))
    assert [line["state"] for line in answer["lines"]] == ["CONFIRMED"] * number
    return made


async def reconcile(desk: Desk, role: Role = Role.OWNER, **more: Any) -> Any:
    return await desk.ask(RECONCILE, role, **({"id": desk.place.project.id} | more))


async def kept(desk: Desk, of: TimeEntry | None = None) -> list[dict[str, Any]]:
    found = await desk.sandbox.time_entries(desk.org)
    return [each for each in found if of is None or f":{of.id}:" in (each["externalRef"] or "")]


async def only_line(desk: Desk, **more: Any) -> dict[str, Any]:
    found = await reconcile(desk, **more)
    (line,) = found["lines"]["nodes"]
    return line


async def put(desk: Desk, thing_id: str, **facts: Any) -> None:
    await desk.sandbox.change("time-entries", thing_id, desk.org, **facts)


async def state(desk: Desk, of: TimeEntry, becomes: OpState, **facts: Any) -> None:
    """Bring the ledger where a crash, a refusal or a restore may leave it."""
    async with desk.database.write(desk.org) as session:
        await session.execute(update(OutboundOp).where(OutboundOp.subject_id == of.id).values(state=becomes, **facts))


def differing(line: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {each["fact"]: (each["ours"], each["theirs"]) for each in line["differences"] if not each["warning"]}


@pytest.fixture
async def settled(desk: Desk) -> Desk:
    await linked(desk)
    return desk


async def test_what_both_have_alike_is_matched_and_looking_changes_nothing(settled: Desk):
    [entry] = await exported(settled, 1)
    before = (await rows(settled.database, settled.org, OutboundOp))[0].__dict__.copy()

    found = await reconcile(settled, Role.MANAGER)

    [record] = await kept(settled)
    [line] = found["lines"]["nodes"]
    assert line == {
        "verdict": "MATCHED", "externalRef": record["externalRef"], "state": "CONFIRMED", "repair": None, "hint": None,
        "psaTimeEntryIds": [record["id"]], "invoiced": False, "hoursOurs": "1.50", "hoursTheirs": "1.50",
        "differences": [], "timeEntry": {"id": entry.id}, "exportLine": line["exportLine"],
    }  # fmt: skip
    assert line["exportLine"]["psaTimeEntryId"] == record["id"]
    assert (found["from"], found["to"], found["contractIds"]) == ("2026-01-31", "2026-03-02", [settled.contract(1)])
    assert found["totals"]["byVerdict"][0] == {
        "verdict": "MATCHED", "count": 1, "hoursOurs": "1.50", "hoursTheirs": "1.50",
        "amountOurs": "180.00", "amountTheirs": "180.00",
    }  # fmt: skip
    after = (await rows(settled.database, settled.org, OutboundOp))[0].__dict__
    assert {name: after[name] for name in before if name[0] != "_"} == {
        name: value for name, value in before.items() if name[0] != "_"
    }
    assert [call["method"] for call in await settled.calls() if call["committed"]] == ["POST"]


async def test_what_the_psa_lost_is_missing(settled: Desk):
    [entry] = await exported(settled, 1)
    [record] = await kept(settled)
    await settled.sandbox.remove("time-entries", record["id"], settled.org)

    line = await only_line(settled)

    assert (line["verdict"], line["repair"], line["timeEntry"]) == ("MISSING_IN_PSA", "VOID_EXPORT", {"id": entry.id})
    assert (line["hoursOurs"], line["hoursTheirs"], line["psaTimeEntryIds"]) == ("1.50", "0.00", [])
    assert "exportTimeEntries" in line["hint"]


@pytest.mark.parametrize(
    ("changed", "fact", "ours", "theirs"),
    [
        ({"hours": "2.00"}, "HOURS", "1.50", "2.00"),
        ({"date": "2026-03-01"}, "DATE", "2026-03-02", "2026-03-01"),
        ({"date": "2025-03-02"}, "DATE", "2026-03-02", "2025-03-02"),
    ],
)
async def test_what_was_changed_there_is_different_and_never_missing(
    settled: Desk, changed: dict[str, Any], fact: str, ours: str, theirs: str
):
    await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, record["id"], **changed)

    line = await only_line(settled)

    assert (line["verdict"], line["repair"]) == ("DIFFERENT", "VOID_EXPORT")
    assert differing(line) == {fact: (ours, theirs)}


async def test_what_was_moved_to_another_contract_is_different_and_never_missing(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, record["id"], contractId=settled.contract(2))

    line = await only_line(settled)

    assert differing(line) == {"CONTRACT": (settled.contract(1), settled.contract(2))}


async def test_what_was_moved_into_the_period_is_compared_with_what_was_sent(settled: Desk):
    await exported(settled, 1, date=date(2025, 3, 2))
    [record] = await kept(settled)
    await put(settled, record["id"], date="2026-03-02")

    line = await only_line(settled)

    assert differing(line) == {"DATE": ("2025-03-02", "2026-03-02")}


async def test_the_psas_own_price_and_words_are_warnings(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, record["id"], amount="150.00", rate="100.00", note="Works", userId="usr_x", ticketId="t-9")

    line = await only_line(settled)

    assert (line["verdict"], line["repair"], differing(line)) == ("MATCHED", None, {})
    assert [each["fact"] for each in line["differences"]] == ["AMOUNT", "RATE", "USER", "TICKET", "NOTE"]
    assert {"fact": "AMOUNT", "ours": "180.00", "theirs": "150.00", "warning": True} in line["differences"]


async def test_what_is_invoiced_is_corrected_in_the_psa(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, record["id"], hours="2.00")
    await settled.sandbox.invoice(tenant=settled.org)

    line = await only_line(settled)

    assert (line["verdict"], line["invoiced"], line["repair"]) == ("DIFFERENT", True, None)
    assert "invoiced" in line["hint"]


async def test_a_twin_is_a_duplicate(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, "twin", **(record | {"id": "twin"}))

    line = await only_line(settled)

    assert (line["verdict"], line["repair"]) == ("DUPLICATE_IN_PSA", "VOID_EXPORT")
    assert (line["psaTimeEntryIds"], line["hoursOurs"], line["hoursTheirs"]) == ([record["id"], "twin"], "1.50", "3.00")


async def test_a_twin_on_a_contract_that_was_linked_before_is_seen_as_well(settled: Desk):
    await exported(settled, 1, date=date(2026, 3, 1))
    [record] = await kept(settled)
    await settled.ask(
        "mutation ($input: LinkProjectToContractInput!) { linkProjectToContract(input: $input) { __typename } }",
        input={"projectId": settled.place.project.id, "contractId": settled.contract(2), "allowClientMismatch": True},
    )
    await exported(settled, 1)
    await put(settled, "twin", **(record | {"id": "twin", "contractId": settled.contract(2)}))

    found = await reconcile(settled)

    assert found["contractIds"] == [settled.contract(1), settled.contract(2)]
    assert [line["verdict"] for line in found["lines"]["nodes"]] == ["DUPLICATE_IN_PSA", "MATCHED"]


async def test_what_stands_there_under_another_id_no_void_of_ours_would_reach(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await settled.sandbox.remove("time-entries", record["id"], settled.org)
    await put(settled, "other", **(record | {"id": "other"}))

    line = await only_line(settled)

    assert (line["verdict"], line["repair"]) == ("DIFFERENT", None)
    assert differing(line) == {"PSA_TIME_ENTRY_ID": (record["id"], "other")}


async def test_a_stranger_with_a_reference_of_ours_is_unknown_here(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    stranger = record | {"id": "stranger", "externalRef": f"projects:{settled.org}:tme_nowhere:1", "hours": "8.00"}
    others = {
        "nul": f"projects:{settled.org}:\0",
        "his": "tracker:4711",
        "hers": f"projects:{settled.org}x:tme_1:1",
        "bare": None,
    }
    await put(settled, "stranger", **stranger)
    for name, reference in others.items():
        await put(settled, name, **(record | {"id": name, "externalRef": reference}))

    found = await reconcile(settled)

    line = next(line for line in found["lines"]["nodes"] if line["verdict"] != "MATCHED")
    assert len(found["lines"]["nodes"]) == 2
    assert (line["verdict"], line["psaTimeEntryIds"]) == ("UNKNOWN_IN_PROJECTS", ["stranger"])
    assert (line["timeEntry"], line["exportLine"], line["state"], line["repair"]) == (None, None, None, None)
    assert (line["hoursOurs"], line["hoursTheirs"]) == ("0.00", "8.00")


async def test_lines_of_another_project_on_the_same_contract_are_left_to_that_project(settled: Desk):
    await exported(settled, 1)
    owner, worker = settled.place.users[Role.OWNER], settled.place.users[Role.MEMBER]
    other = given.project(settled.place.organization, owner, client_id=settled.place.client.id)
    link = given.contract_link(other, owner, psa_contract_id=settled.contract(1))
    entry = given.time_entry(other, worker)
    await given.stored(settled.database, other, given.member(other, worker), link, entry)
    await settled.do(EXPORT, projectId=other.id, timeEntryIds=[entry.id], idempotencyKey="other")

    mine = await reconcile(settled)
    theirs = await reconcile(settled, id=other.id)

    assert len(await kept(settled)) == 2
    assert [line["timeEntry"]["id"] == entry.id for line in mine["lines"]["nodes"]] == [False]
    assert [line["timeEntry"]["id"] for line in theirs["lines"]["nodes"]] == [entry.id]
