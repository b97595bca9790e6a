"""Taking an exported line back (domain 8.4.8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.exports.refusals import LineNotExported
from db.exports.tables import ExportLine
from db.exports.voids import enqueue_void
from db.ledger.tables import OpState
from db.organizations import Role
from db.refusals import ExportLineNotFound, Forbidden, InvalidInput

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


async def _line_id(stage: Stage) -> str:
    async with stage.database.read(stage.place.org) as session:
        return (await session.scalars(select(ExportLine.id))).one()


async def _void(
    stage: Stage, line_id: str, key: str = "void", role: Role = Role.MANAGER, reason: str = "Wrong client"
) -> str:
    said: dict[str, Any] = {"reason": reason, "idempotency_key": key, "now": datetime.now(UTC)}
    async with stage.database.write(stage.place.org) as session:
        return (await enqueue_void(session, stage.place.viewer(role), line_id, **said)).op_id
