"""Reconciliation of what is not simply confirmed: lines on their way, in doubt, refused, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.exports.tables import ExportLine
from db.exports.voids import enqueue_void
from db.ledger.tables import OpState
from tests.acting import does, rows
from tests.given import NOW
from tests.graphql.test_exports import EXPORT, entries, linked, said
from tests.graphql.test_reconciliations import differing, exported, kept, only_line, put, reconcile, state

if TYPE_CHECKING:
    from tests.asking import Desk

GONE_TWIN = "twin"


@pytest.fixture
async def settled(desk: Desk) -> Desk:
    await linked(desk)
    return desk


async def remove(desk: Desk, record: dict[str, Any]) -> None:
    await desk.sandbox.remove("time-entries", record["id"], desk.org)


@pytest.mark.parametrize("there", [True, False])
async def test_a_doubt_is_never_silent_nor_missing(settled: Desk, there: bool):  # noqa: FBT001 - a column of the table
    [entry] = await exported(settled, 1)
    await state(settled, entry, OpState.UNKNOWN, remote_id=None)
    if not there:
        await remove(settled, (await kept(settled))[0])

    line = await only_line(settled)

    assert (line["verdict"], line["state"], line["repair"]) == ("DIFFERENT", "UNKNOWN", "RESOLVE_UNKNOWN_EXPORT")
    assert differing(line) == {"STATE": ("UNKNOWN", "PRESENT" if there else "ABSENT")}


async def test_a_doubt_that_a_real_dropped_answer_left_is_found_there(settled: Desk):
    probed_before_the_first_export = 1
    await settled.sandbox.faults(
        {"match": {"method": "POST"}, "do": "drop_after_commit"},
        {"match": {"path": "/api/time-entries"}, "do": "status", "status": 401, "skip": probed_before_the_first_export},
    )
    made = await entries(settled, 1)
    answer = await settled.do(EXPORT, **said(settled, *made))
    await settled.sandbox.faults()

    line = await only_line(settled)

    assert answer["lines"][0]["state"] == "UNKNOWN"
    assert (line["verdict"], len(line["psaTimeEntryIds"])) == ("DIFFERENT", 1)


@pytest.mark.parametrize("becomes", [OpState.PENDING, OpState.SENT])
async def test_what_is_on_its_way_is_no_line_but_counted(settled: Desk, becomes: OpState):
    [entry] = await exported(settled, 1)
    await state(settled, entry, becomes, remote_id=None)
    await remove(settled, (await kept(settled))[0])

    found = await reconcile(settled)

    assert (found["lines"]["nodes"], found["totals"]["unsettled"]) == ([], 1)


async def test_what_is_being_sent_may_be_there_already(settled: Desk):
    [entry] = await exported(settled, 1)
    await state(settled, entry, OpState.SENT, remote_id=None)

    found = await reconcile(settled)

    assert (found["lines"]["nodes"], found["totals"]["unsettled"]) == ([], 1)


async def test_what_the_psa_has_before_it_was_sent_tells_of_a_restored_ledger(settled: Desk):
    [entry] = await exported(settled, 1)
    await state(settled, entry, OpState.PENDING, remote_id=None)

    line = await only_line(settled)

    assert (line["verdict"], line["repair"]) == ("DIFFERENT", None)
    assert differing(line) == {"STATE": ("PENDING", "PRESENT")}
    assert "ledger recover" in line["hint"]


@pytest.mark.parametrize("becomes", [OpState.VOIDED, OpState.REJECTED])
async def test_what_should_not_be_there_and_is_not_is_no_line(settled: Desk, becomes: OpState):
    [entry] = await exported(settled, 1)
    await state(settled, entry, becomes)
    await remove(settled, (await kept(settled))[0])

    found = await reconcile(settled)

    assert (found["lines"]["nodes"], found["totals"]["unsettled"]) == ([], 0)


@pytest.mark.parametrize("becomes", [OpState.VOIDED, OpState.REJECTED])
async def test_what_should_not_be_there_and_is_differs(settled: Desk, becomes: OpState):
    [entry] = await exported(settled, 1)
    await state(settled, entry, becomes)

    line = await only_line(settled)

    assert (line["verdict"], line["repair"]) == ("DIFFERENT", None)
    assert differing(line) == {"STATE": (becomes.value, "PRESENT")}
    assert (line["hoursOurs"], line["hoursTheirs"]) == ("0.00", "1.50")


async def test_every_revision_is_a_line_of_its_own(settled: Desk):
    [entry] = await exported(settled, 1)
    [first] = await kept(settled)
    await state(settled, entry, OpState.VOIDED)
    await settled.do(EXPORT, **said(settled, entry, key="again"))

    found = await reconcile(settled)

    assert [(line["externalRef"][-2:], line["verdict"]) for line in found["lines"]["nodes"]] == [
        (":1", "DIFFERENT"), (":2", "MATCHED"),
    ]  # fmt: skip
    assert first["externalRef"] == found["lines"]["nodes"][0]["externalRef"]


@pytest.mark.parametrize("there", [True, False])
async def test_a_line_that_is_being_taken_back_is_never_missing(settled: Desk, there: bool):  # noqa: FBT001 - as above
    await exported(settled, 1)
    [line] = await rows(settled.database, settled.org, ExportLine)
    viewer = settled.place.viewer()
    said = {"reason": "Wrong client", "idempotency_key": "void", "now": NOW}
    await does(settled.database, viewer, enqueue_void, line.id, **said)
    if not there:
        await remove(settled, (await kept(settled))[0])

    found = await reconcile(settled)

    assert [line["verdict"] for line in found["lines"]["nodes"]] == (["MATCHED"] if there else [])
    assert found["totals"]["unsettled"] == (0 if there else 1)


async def test_twins_count_whatever_the_state(settled: Desk):
    [entry] = await exported(settled, 1)
    [record] = await kept(settled)
    await put(settled, GONE_TWIN, **(record | {"id": GONE_TWIN}))
    await state(settled, entry, OpState.VOIDED)

    line = await only_line(settled)

    assert (line["verdict"], line["repair"], line["hoursOurs"]) == ("DUPLICATE_IN_PSA", None, "0.00")


async def test_a_twin_of_an_invoiced_entry_is_removed_in_the_psa(settled: Desk):
    await exported(settled, 1)
    [record] = await kept(settled)
    await settled.sandbox.invoice(tenant=settled.org)
    await put(settled, GONE_TWIN, **(record | {"id": GONE_TWIN}))

    line = await only_line(settled)

    assert (line["verdict"], line["repair"], line["invoiced"]) == ("DUPLICATE_IN_PSA", None, True)
