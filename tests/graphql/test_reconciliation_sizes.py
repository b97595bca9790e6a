"""Reconciliation of large periods: the memory, the statements and the calls do not grow with what was compared."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert

from db.exports.reconciliations import Booked
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.intents import external_ref
from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.time_entries.tables import TimeEntry
from psa.port import TimeRecord
from tests import given
from tests.given import NOW
from tests.graphql.test_exports import linked
from tests.graphql.test_reconciliations import reconcile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asking import Desk

AT_ONCE = 1_000
TABLES = (TimeEntry, ExportBatch, OutboundOp, ExportLine)


@pytest.fixture
async def settled(desk: Desk) -> Desk:
    await linked(desk)
    return desk


async def booked(desk: Desk, number: int) -> list[str]:
    """Put confirmed lines into the ledger as exports would have left them; return their references."""
    worker, project = desk.place.users[Role.MEMBER], desk.place.project
    batch = ExportBatch(
        org_id=desk.org, id=f"exb_{desk.org}", project_id=project.id, psa_contract_id=desk.contract(1),
        contract_number="CTR-1001", requested_by_id=worker.id, requested_at=NOW, refused={},
    )  # fmt: skip
    entries = [given.time_entry(project, worker) for _ in range(number)]
    ops = [given.export_op(entry, OpState.CONFIRMED, **sent(desk, entry)) for entry in entries]
    lines = [
        ExportLine(
            org_id=desk.org, id=f"exl_{op.id}", batch_id=batch.id, position=place, op_id=op.id,
            time_entry_id=op.subject_id,
        )
        for place, op in enumerate(ops)
    ]  # fmt: skip
    async with desk.database.write(desk.org) as session:
        for table, rows in zip(TABLES, (entries, [batch], ops, lines), strict=True):
            columns = table.__table__.columns.keys()
            values = [{name: row.__dict__[name] for name in columns if name in row.__dict__} for row in rows]
            await session.execute(insert(table), values)
    return [op.external_ref for op in ops]


def sent(desk: Desk, entry: TimeEntry) -> dict[str, Any]:
    payload = {
        "contract_id": desk.contract(1), "user_id": entry.user_id, "user_email": "a@example.com", "rate": "120.00",
        "date": entry.date.isoformat(), "hours": "1.50", "amount": "180.00", "note": "On site", "ticket_id": None,
    }  # fmt: skip
    reference = external_ref(desk.org, entry.id, 1)
    return {
        "payload": payload, "hours": entry.hours, "amount": Decimal("180.00"), "external_ref": reference,
        "remote_id": f"time-{reference}", "order_key": f"contract:{desk.contract(1)}",
    }  # fmt: skip


def record(desk: Desk, reference: str, **facts: Any) -> dict[str, Any]:
    worker = desk.place.users[Role.MEMBER]
    boring = {
        "id": f"time-{reference}", "externalRef": reference, "contractId": desk.contract(1), "userId": worker.id,
        "date": "2026-03-02", "hours": "1.50", "rate": "120.00", "amount": "180.00", "note": "On site",
    }  # fmt: skip
    return boring | facts


async def seeded(desk: Desk, *records: dict[str, Any]) -> None:
    for start in range(0, len(records), AT_ONCE):
        part = list(records[start : start + AT_ONCE])
        await desk.sandbox.control("POST", "seed", {"tenant": {"id": desk.org}, "timeEntries": part})


@contextmanager
def watched(desk: Desk) -> Iterator[tuple[list[str], Counter[str]]]:
    """Note the statements, and the most lines and records that were alive at every tenth of them."""
    statements: list[str] = []
    most: Counter[str] = Counter()
    engine = desk.database._reading.sync_engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)
        if len(statements) % 10 == 0:
            alive = Counter(type(each).__name__ for each in gc.get_objects() if type(each) in (Booked, TimeRecord))
            most.update(alive - most)

    event.listen(engine, "before_cursor_execute", note)
    yield statements, most
    event.remove(engine, "before_cursor_execute", note)


def counted(*answers: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for answer in answers:
        found.update({each["verdict"]: each["count"] for each in answer["totals"]["byVerdict"]})
    return dict(+found)


async def test_six_thousand_lines_are_compared_in_a_memory_that_does_not_know_it(settled: Desk):
    refs = await booked(settled, 6_000)
    lost, changed, twins = set(refs[50::600]), set(refs[77::500]), refs[10::1000]
    records = [
        record(settled, ref, hours="2.00" if ref in changed else "1.50") for ref in reversed(refs) if ref not in lost
    ]
    strangers = [record(settled, f"projects:{settled.org}:tme_{number}:1") for number in range(5)]
    again = [record(settled, ref, id=f"twin-{ref}") for ref in twins]
    await seeded(settled, *records, *again, *strangers)

    with watched(settled) as (statements, most):
        first = await reconcile(settled, first=3, verdicts=["MISSING_IN_PSA"])
        rest = await reconcile(settled, first=100, after=first["totals"]["resumeAfter"], verdicts=["MISSING_IN_PSA"])

    calls = [call for call in await settled.calls() if call["path"].startswith("/api/time-entries")]
    assert [answer["totals"]["complete"] for answer in (first, rest)] == [False, True]
    assert counted(first, rest) == {
        "MATCHED": 6_000 - 10 - 12 - 6, "MISSING_IN_PSA": 10, "DIFFERENT": 12, "DUPLICATE_IN_PSA": 6,
        "UNKNOWN_IN_PROJECTS": 5,
    }  # fmt: skip
    assert len(first["lines"]["nodes"]) == 3
    assert first["lines"]["pageInfo"]["hasNextPage"] is True
    assert 60 <= len(calls) <= 60 + 10 + 2
    assert len(statements) <= 4 * 61 + 2 * 12
    assert 50 < most["Booked"] < 600
    assert 50 < most["TimeRecord"] < 600


async def test_a_psa_that_lost_everything_is_asked_once_for_a_hundred(settled: Desk):
    refs = await booked(settled, 620)
    await seeded(settled, *(record(settled, ref) for ref in refs[-10:]))

    found = await reconcile(settled, first=100, verdicts=["MATCHED"])

    calls = [call["path"] for call in await settled.calls() if call["path"].startswith("/api/time-entries")]
    assert counted(found) == {"MISSING_IN_PSA": 610, "MATCHED": 10}
    assert [line["externalRef"] for line in found["lines"]["nodes"]] == refs[-10:]
    assert Counter(calls) == {"/api/time-entries": 1, "/api/time-entries/batch": 5 + 2}


async def test_more_twins_than_a_page_holds_are_one_line(settled: Desk):
    refs = await booked(settled, 3)
    again = [record(settled, refs[1], id=f"twin-{number}") for number in range(150)]
    await seeded(settled, *(record(settled, ref) for ref in refs), *again)

    found = await reconcile(settled)

    assert [line["verdict"] for line in found["lines"]["nodes"]] == ["MATCHED", "DUPLICATE_IN_PSA", "MATCHED"]
    assert len(found["lines"]["nodes"][1]["psaTimeEntryIds"]) == 151


async def test_a_short_page_of_a_walk_that_stopped_goes_on_where_it_stopped(settled: Desk):
    refs = await booked(settled, 5_200)
    lost = refs[-2:]
    await seeded(settled, *(record(settled, ref) for ref in refs if ref not in lost))

    first = await reconcile(settled, verdicts=["MISSING_IN_PSA"])
    place = first["lines"]["pageInfo"]
    rest = await reconcile(settled, verdicts=["MISSING_IN_PSA"], after=place["endCursor"])

    assert (first["lines"]["nodes"], first["lines"]["totalCount"], place["hasNextPage"]) == ([], None, True)
    assert [line["externalRef"] for line in rest["lines"]["nodes"]] == lost
    assert rest["lines"]["pageInfo"]["hasNextPage"] is False


async def test_a_minute_that_runs_out_on_the_way_leaves_what_was_compared(settled: Desk):
    refs = await booked(settled, 500)
    await seeded(settled, *(record(settled, ref) for ref in refs))
    await settled.sandbox.settings(tenant=settled.org, rateLimit=4)

    found = await reconcile(settled)
    refused = await reconcile(settled, after=found["totals"]["resumeAfter"])

    assert found["totals"]["complete"] is False
    assert 100 < counted(found)["MATCHED"] < 500
    assert refused["code"] == "PSA_RATE_LIMITED"
