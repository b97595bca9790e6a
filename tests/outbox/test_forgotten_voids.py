"""A restored ledger has forgotten what was taken back since the backup: all that is confirmed is looked up anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from db.exports.tables import ExportLine
from db.exports.voids import enqueue_void
from db.ledger.tables import Attention, OpKind, OpState, OutboundAttempt, OutboundOp
from psa.errors import PsaNotConfigured
from resolvers.outbox.recoveries import recover_ledger
from tests.acting import does
from tests.kinds import KINDS, NO_LOOKUP, only
from tests.outbox.stage import Hands

if TYPE_CHECKING:
    from psa.port import Psa
    from tests.outbox.stage import Stage

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = "/api/time-entries/batch"
LOOKUP = {"method": "GET", "path": "/api/time-entries"}

pytestmark = pytest.mark.usefixtures("alone")


@only("A", "B", because=NO_LOOKUP)
async def test_a_void_that_was_forgotten_is_found_however_old_its_line_is(stage: Stage):
    await _exported_long_ago(stage, 1)
    await _void_and_forget(stage)

    report = await recover_ledger(stage.outbox(), Hands().at, patience=20)

    op = await stage.op()
    assert (report.to_audit, report.unaudited) == (1, 0)
    assert (op.state, op.needs_attention) == (OpState.CONFIRMED, Attention.MISSING_IN_PSA)


@only("A", "B", because=NO_LOOKUP)
async def test_a_line_that_was_taken_back_and_sent_anew_is_found_under_its_next_reference(stage: Stage):
    await _exported_long_ago(stage, 1)
    async with stage.database.read(stage.place.org) as session:
        entry_id = (await session.scalars(select(OutboundOp.subject_id))).one()
    psa = await stage.psa_for(stage.place.org)
    (kept,) = await stage.kept()
    await psa.remove_time(kept["id"])
    anew = kept | {"id": f"{stage.place.org}-anew", "externalRef": f"projects:{stage.place.org}:{entry_id}:2"}
    await stage.sandbox.control("POST", "seed", {"tenant": {"id": stage.place.org}, "timeEntries": [anew]})

    await recover_ledger(stage.outbox(), Hands().at, patience=20)

    assert (await stage.op()).needs_attention == Attention.REMOTE_MISMATCH


@only("A", "B", because=NO_LOOKUP)
async def test_what_is_as_it_should_be_costs_a_call_a_hundred_lines(stage: Stage):
    await _exported_long_ago(stage, 12)
    (first, *_) = await stage.kept()
    await (await stage.psa_for(stage.place.org)).remove_time(first["id"])
    before = len(await stage.calls("GET"))

    await recover_ledger(stage.outbox(), Hands().at, patience=20)

    flawed = [op.remote_id for op in await stage.ops() if op.needs_attention]
    looked_up = [each for each in await stage.attempts() if each.kind == "LOOKUP"]
    assert flawed == [first["id"]]
    assert {op.audit_at for op in await stage.ops()} == {None}
    assert sorted(each.outcome for each in looked_up) == ["ABSENT", *["FOUND"] * 11]
    probe, closer_look = 2, 1
    assert len(await stage.calls("GET")) - before <= probe + closer_look
    assert len(await stage.calls("POST", BATCH)) == 2  # of all twelve, and of the other references of the one


@only("A", "B", because=NO_LOOKUP)
async def test_a_psa_that_cannot_be_asked_for_many_at_once_is_asked_for_each(stage: Stage):
    await _exported_long_ago(stage, 3)
    await stage.sandbox.faults({"do": "status", "status": 404, "match": {"path": BATCH}, "times": 1})

    report = await recover_ledger(stage.outbox(), Hands().at, patience=20)

    assert report.unaudited == 0
    assert {op.needs_attention for op in await stage.ops()} == {None}
    assert len([each for each in await stage.attempts() if each.kind == "LOOKUP"]) == 3


@only("A", "B", because=NO_LOOKUP)
async def test_exports_go_on_while_what_is_confirmed_gets_no_answer(stage: Stage):
    await _exported_long_ago(stage, 3)
    outbox, asked = stage.outbox(), []

    async def psa_for(org_id: str) -> Psa:
        asked.append(org_id)
        raise PsaNotConfigured("The key was taken away.")

    outbox.psa_for = psa_for
    report = await recover_ledger(outbox, Hands().at, patience=0.3)
    await stage.outbox().connection_changed(stage.place.org)
    await stage.export(await stage.entries(1))
    await stage.settle(stage.outbox())

    assert (report.unanswered, report.unaudited) == (0, 3)
    assert len(asked) < 10  # one of them tells for all, and then the organisation rests
    assert await stage.states() == ["CONFIRMED"] * 4


async def test_where_nothing_can_be_looked_up_nobody_is_shown_everything_there_is(stage: Stage):
    await _exported_long_ago(stage, 3)
    await stage.sandbox.settings(tenant=stage.place.org, **KINDS["C"])

    report = await recover_ledger(stage.outbox(), Hands().at, patience=20)

    assert (report.to_audit, report.unaudited) == (3, 0)
    assert {(op.needs_attention, op.audit_at) for op in await stage.ops()} == {(None, None)}


async def _exported_long_ago(stage: Stage, number: int) -> None:
    await stage.export(await stage.entries(number))
    await stage.settle(stage.outbox())
    long_ago = {"settled_at": LONG_AGO, "first_sent_at": LONG_AGO, "last_sent_at": LONG_AGO}
    async with stage.database.write(stage.place.org) as session:
        await session.execute(update(OutboundOp).values(long_ago))
        await session.execute(delete(OutboundAttempt))


async def _void_and_forget(stage: Stage) -> None:
    """Take the line back in the PSA, and put the ledger back to before that."""
    async with stage.database.read(stage.place.org) as session:
        line_id = (await session.scalars(select(ExportLine.id))).one()
    said = {"reason": "twice", "idempotency_key": "void", "now": datetime.now(UTC)}
    await does(stage.database, stage.place.viewer(), enqueue_void, line_id, **said)
    await stage.settle(stage.outbox())
    assert await stage.kept() == []
    async with stage.database.write(stage.place.org) as session:
        await session.execute(delete(OutboundAttempt))
        await session.execute(delete(OutboundOp).where(OutboundOp.kind == OpKind.VOID))
        await session.execute(update(OutboundOp).values(state=OpState.CONFIRMED))
