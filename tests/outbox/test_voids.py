"""Taking an exported line back (domain 8.4.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.activity import ActivityEvent, ActivityKind
from db.exports.refusals import LineNotExported
from db.exports.tables import ExportLine
from db.exports.voids import enqueue_void
from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.refusals import ExportLineNotFound, Forbidden, InvalidInput
from tests.kinds import NO_LOOKUP, only
from tests.outbox.stage import HASTY

if TYPE_CHECKING:
    from tests.outbox.stage import Stage

DELETE = {"method": "DELETE"}


async def test_a_voided_line_is_gone_from_the_psa_and_its_entry_may_go_again(stage: Stage):
    entries = await stage.entries(1)
    line_id = await _exported(stage, entries)

    await _void(stage, line_id)
    await stage.settle(stage.outbox())
    taken_back = (await stage.states(), await stage.kept())
    await stage.export(entries)
    await stage.settle(stage.outbox())

    assert taken_back == (["VOIDED", "CONFIRMED"], [])
    assert await stage.states() == ["VOIDED", "CONFIRMED", "CONFIRMED"]
    (kept,) = await stage.kept()
    assert kept["externalRef"].endswith(":2")


@only("A", "B", because=NO_LOOKUP)
async def test_a_line_that_was_taken_back_before_the_last_one_was_settled_counts_as_exported(stage: Stage):
    await stage.export(await stage.entries(2))
    await stage.sandbox.faults({"do": "drop_before_commit", "match": {"method": "POST"}, "times": 1})
    outbox = stage.outbox(replace(HASTY, quarantine=3))  # the other one is in doubt until this one was taken back
    while OpState.CONFIRMED not in await stage.states():
        await outbox.turn()
    begun = sorted(await stage.states())

    void = await _void(stage, await _line_id(stage, OpState.CONFIRMED))
    await outbox.run_for(stage.place.org, [void], 10)
    between = sorted(await stage.states())
    await stage.settle(outbox)

    assert (begun, between) == (["CONFIRMED", "UNKNOWN"], ["CONFIRMED", "UNKNOWN", "VOIDED"])
    (finished,) = await stage.events(ActivityEvent, ActivityKind.EXPORT_FINISHED)
    assert finished.summary == "Exported 2 of 2 time entries to CTR-1001"
    assert (finished.details["confirmed"], finished.details["rejected"]) == (2, 0)


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit"])
async def test_a_lost_answer_is_no_trouble_for_a_void_is_simply_asked_for_again(stage: Stage, fault: str):
    line_id = await _exported(stage, await stage.entries(1))
    await stage.sandbox.faults({"do": fault, "match": DELETE, "times": 1})

    await _void(stage, line_id)
    await stage.settle(stage.outbox())

    assert await stage.states() == ["VOIDED", "CONFIRMED"]
    assert len(await stage.calls("DELETE")) == 2
    assert await stage.kept() == []


async def test_what_was_invoiced_stays_exported(stage: Stage):
    line_id = await _exported(stage, await stage.entries(1))
    await stage.sandbox.invoice(tenant=stage.place.org)

    await _void(stage, line_id)
    await stage.settle(stage.outbox())

    exported, void = await stage.ops()
    assert (exported.state, exported.newest) == (OpState.CONFIRMED, True)
    assert (void.state, void.error_code) == (OpState.REJECTED, "PSA_ENTRY_INVOICED")
    assert len(await stage.kept()) == 1


async def test_a_second_wish_joins_the_void_under_way_and_the_same_key_gets_the_same(stage: Stage):
    line_id = await _exported(stage, await stage.entries(1))

    first = await _void(stage, line_id, key="one")

    assert await _void(stage, line_id, key="two") == first
    assert await _void(stage, line_id, key="one") == first
    assert len(await stage.ops()) == 2


async def test_only_what_is_confirmed_can_be_voided_and_by_whom_and_why_matters(stage: Stage):
    await stage.export(await stage.entries(1))
    line_id = await _line_id(stage)

    with pytest.raises(LineNotExported):
        await _void(stage, line_id)
    with pytest.raises(ExportLineNotFound):
        await _void(stage, "exl_unknown")
    with pytest.raises(Forbidden):
        await _void(stage, line_id, role=Role.MEMBER)
    with pytest.raises(InvalidInput):
        await _void(stage, line_id, reason=" ")


async def _exported(stage: Stage, entries: Any) -> str:
    await stage.export(entries)
    await stage.settle(stage.outbox())
    return await _line_id(stage)


async def _line_id(stage: Stage, *states: OpState) -> str:
    async with stage.database.read(stage.place.org) as session:
        its = (OutboundOp.org_id == ExportLine.org_id) & (OutboundOp.id == ExportLine.op_id)
        of = OutboundOp.state.in_(states or OpState)
        return (await session.scalars(select(ExportLine.id).join(OutboundOp, its).where(of))).one()


async def _void(
    stage: Stage, line_id: str, key: str = "void", role: Role = Role.MANAGER, reason: str = "Wrong client"
) -> str:
    said: dict[str, Any] = {"reason": reason, "idempotency_key": key, "now": datetime.now(UTC)}
    async with stage.database.write(stage.place.org) as session:
        return (await enqueue_void(session, stage.place.viewer(role), line_id, **said)).op_id
