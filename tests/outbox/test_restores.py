"""A ledger that was restored from a backup: noticed at start, and made safe (reliability 3.4, P10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from db.ledger.incarnations import release, suspension
from db.ledger.settlements import PARKED
from db.ledger.tables import INCARNATION, Attention, OpState, OutboundOp
from resolvers.outbox.incarnations import Incarnation
from resolvers.outbox.recoveries import recover_ledger
from tests.kinds import KINDS, NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.stage import Hands

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outbox.stage import Stage

pytestmark = pytest.mark.usefixtures("alone")


async def test_a_ledger_that_goes_on_is_no_news(stage: Stage, tmp_path: Path):
    hands = Hands()
    node = Incarnation(stage.database, tmp_path / "incarnation", hands)

    sound = [await node.check()]
    hands.move(60)
    sound.append(await Incarnation(stage.database, tmp_path / "incarnation", hands).check())

    assert sound == [True, True]


async def test_a_clock_that_went_back_is_not_taken_for_a_restored_ledger(stage: Stage, tmp_path: Path):
    hands = Hands()
    node = Incarnation(stage.database, tmp_path / "incarnation", hands)

    sound = [await node.check()]
    for seconds in (-300, 10, 600, -600):
        hands.jump(seconds)
        sound.append(await node.check())

    assert sound == [True] * 5


async def test_a_ledger_that_went_back_is_noticed_and_nothing_leaves(stage: Stage, tmp_path: Path):
    hands = Hands()
    node = Incarnation(stage.database, tmp_path / "incarnation", hands)
    await node.check()
    await _restored(stage, INCARNATION.c.advanced_at, hands.at - timedelta(hours=1))
    await stage.export(await stage.entries(1), now=hands.at)

    hands.move(60)
    sound = await node.check()
    took = await stage.outbox(clock=hands).turn()

    async with stage.database.read(None) as session:
        assert "ledger recover" in (await suspension(session) or "")
    assert (sound, took) == (False, False)
    assert await stage.sends() == []


@only("A", "B", because=NO_LOOKUP)
async def test_what_a_lost_ledger_had_sent_is_found_by_the_recovery_and_not_sent_again(stage: Stage):
    await stage.export(await stage.entries(2))
    await stage.settle(outbox := stage.outbox())
    await stage.export(await stage.entries(1))
    await _forgotten(stage)

    report = await recover_ledger(stage.outbox(), Hands().at, patience=20)
    found = await stage.states()
    await stage.settle(outbox)

    assert (report.in_doubt, report.unanswered) == (3, 0)
    assert found == ["CONFIRMED", "CONFIRMED", "UNKNOWN"]
    assert len(await stage.sends()) == 3
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
async def test_a_line_that_the_lost_ledger_had_and_this_one_never_saw_is_looked_up_before_it_is_sent(stage: Stage):
    entries = await stage.entries(1)
    await stage.export(entries, key="lost")
    await stage.settle(stage.outbox())
    await stage.forget()

    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.export(entries, key="again")
    await stage.settle(stage.outbox())

    assert await stage.states() == ["CONFIRMED"]
    assert len(await stage.sends()) == 1
    assert await flaws(stage) == []


async def test_where_nothing_can_be_looked_up_a_recovery_sends_nothing_that_the_lost_ledger_may_have_sent(stage: Stage):
    await stage.export(await stage.entries(2))
    await stage.settle(stage.outbox())
    await stage.sandbox.settings(tenant=stage.place.org, **KINDS["C"])
    await _forgotten(stage)

    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.settle(stage.outbox())

    assert set(await stage.states()) == {"UNKNOWN"}
    assert await stage.parked() == 2
    assert len(await stage.sends()) == 2
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
async def test_what_is_confirmed_and_gone_from_the_psa_is_shown(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.settle(stage.outbox())
    psa = await stage.psa_for(stage.place.org)
    await psa.remove_time((await stage.op()).remote_id or "")

    await recover_ledger(stage.outbox(), Hands().at, patience=20)

    op = await stage.op()
    assert (op.state, op.needs_attention) == (OpState.CONFIRMED, Attention.MISSING_IN_PSA)


async def test_exports_stay_suspended_while_something_is_unanswered(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "status", "status": 500})

    report = await recover_ledger(stage.outbox(), Hands().at, patience=0.3)

    assert report.unanswered == 1
    assert not await stage.outbox().turn()
    async with stage.database.write(None) as session:
        await release(session, Hands().at)


async def _restored(stage: Stage, column: Any, value: Any) -> None:
    async with stage.database.write(None) as session:
        await session.execute(update(INCARNATION).values({column: value}))


async def _forgotten(stage: Stage) -> None:
    """Put the ledger back to where nothing of it had been sent."""
    forgotten = {"state": OpState.PENDING, "remote_id": None, "settled_at": None, "sends": 0, "epoch": 0}
    forgotten |= {"first_sent_at": None, "last_sent_at": None, "attempts": 0}
    its = OutboundOp.org_id == stage.place.org, OutboundOp.not_before != PARKED
    async with stage.database.write(None) as session:
        await session.execute(update(OutboundOp).where(*its).values(forgotten))
