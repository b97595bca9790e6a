"""A ledger whose clock is set by minutes while lines are on their way: nothing early, nothing twice, none for ever."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.claims import claim
from resolvers.outbox import clocks
from resolvers.outbox.turns import Turn
from tests.kinds import ENDS, FORGIVES, NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.nodes import (
    BACK,
    BACK_AND_AGAIN,
    DANGEROUS,
    FORWARD,
    LATE,
    MINUTES,
    PACE,
    POST,
    THERE_AND_BACK,
    WHERE,
    Nodes,
)  # fmt: skip
from tests.outbox.stage import until

if TYPE_CHECKING:
    from tests.outbox.stage import Stage

VERY_LATE = LATE | {"ms": 3000}
LOST: dict[str, Any] = {"do": "drop_before_commit", "match": POST, "times": 1}


class Killed(BaseException):
    """The process ends here."""


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize(("place", "jumps"), WHERE)
async def test_wherever_in_a_turn_the_clock_is_set_a_late_commit_meets_no_second_send(
    nodes: Nodes, at: Any, place: str, jumps: tuple[float, ...]
):
    await nodes.export(LATE)
    at(place, lambda: nodes.hands.jump(jumps[0]))

    await nodes.both[0].turn()
    await nodes.work()
    for jump in jumps[1:]:
        nodes.hands.jump(jump)
    await nodes.work_for(100)
    sent_in_quarantine = await nodes.sent()
    await until(nodes.is_kept)
    await nodes.work_for(MINUTES + PACE.quarantine, step=30)

    assert sent_in_quarantine == 1
    assert await nodes.sent() == 1
    assert await nodes.stage.states() == ["CONFIRMED"]
    assert await flaws(nodes.stage) == []


@pytest.mark.parametrize("jumps", DANGEROUS)
async def test_a_clock_that_is_set_while_a_line_is_on_the_network_lets_nobody_send_it_again(
    nodes: Nodes, jumps: tuple[float, ...]
):
    await nodes.export(LATE)
    sending = asyncio.create_task(nodes.both[0].turn())
    await until(lambda: _is_marked(nodes))

    for jump in jumps:
        nodes.hands.jump(jump)
        await nodes.both[1].sweep()
        await nodes.both[1].turn()
    await sending
    await nodes.work_for(100)
    sent_in_quarantine = await nodes.sent()
    await until(nodes.is_kept)
    await nodes.work_for(MINUTES + PACE.quarantine, step=30)

    assert sent_in_quarantine == 1
    assert await nodes.sent() == 1
    assert await flaws(nodes.stage) == []


@only("B", because=f"{FORGIVES}; {NO_LOOKUP}")
@pytest.mark.parametrize("jumps", DANGEROUS)
async def test_negative_control_whose_clock_is_not_watched_sends_into_a_late_commit(
    nodes: Nodes, at: Any, monkeypatch: pytest.MonkeyPatch, jumps: tuple[float, ...]
):
    monkeypatch.setattr(clocks, "TOLERANCE", 1e9)
    await nodes.export(VERY_LATE)
    at("claimed", lambda: nodes.hands.jump(sum(jumps[:-1])))

    await nodes.both[0].turn()
    nodes.hands.jump(jumps[-1])
    await nodes.work_for(10)
    sent_in_quarantine = await nodes.sent()
    await until(lambda: _is_twice(nodes))

    assert sent_in_quarantine == 2
    assert any("2 times" in flaw for flaw in await flaws(nodes.stage))


@pytest.mark.parametrize("jump", [MINUTES, -MINUTES])
@pytest.mark.parametrize(("place", "faults"), [("claimed", []), ("marked", []), ("answered", [LOST])])
async def test_what_a_dead_node_left_comes_home_no_later_than_the_jump_was_long(
    nodes: Nodes, at: Any, place: str, faults: list[dict[str, Any]], jump: float
):
    await nodes.export(*faults)
    at(place, _die)
    with pytest.raises(Killed):
        await nodes.both[0].turn()
    nodes.hands.jump(jump)

    await nodes.work_for(max(-jump, 0) + PACE.lease + PACE.quarantine + 10)

    assert set(await nodes.stage.states()) <= ENDS
    assert len(await nodes.stage.kept()) == 1 - await nodes.stage.parked()
    assert await flaws(nodes.stage) == []


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize("jumps", [FORWARD, BACK, THERE_AND_BACK, BACK_AND_AGAIN])
async def test_a_doubt_in_quarantine_ends_neither_early_nor_never(nodes: Nodes, jumps: tuple[float, ...]):
    await nodes.export(LOST)
    await nodes.both[0].turn()
    await nodes.work_for(30)

    for jump in jumps:
        nodes.hands.jump(jump)
        await nodes.work()
    await nodes.work_for(80)
    early = await nodes.sent()
    await nodes.work_for(max(-min(jumps), 0) + 50)

    assert early == 1
    assert await nodes.sent() == 2
    assert await nodes.stage.states() == ["CONFIRMED"]


async def test_lines_that_are_in_no_doubt_are_not_held_by_a_clock_that_went_back(nodes: Nodes):
    await nodes.export(LOST)
    await nodes.both[0].turn()
    await nodes.work()

    nodes.hands.jump(-MINUTES)
    await nodes.stage.export(await nodes.stage.entries(2), now=nodes.hands.at + timedelta(seconds=MINUTES))
    await nodes.work()

    assert sorted(await nodes.stage.states()) == ["CONFIRMED", "CONFIRMED", "UNKNOWN"]


@only("A", "B", because=NO_LOOKUP)
async def test_a_clock_that_is_set_again_and_again_holds_a_doubt_no_longer_than_the_time_that_was_left(nodes: Nodes):
    await nodes.export(LOST)
    await nodes.both[0].turn()

    for _ in range(11):
        await nodes.work_for(10)
        nodes.hands.jump(5)
    early = await nodes.sent()
    await nodes.work_for(20)

    assert (early, await nodes.sent()) == (1, 2)
    assert await nodes.stage.states() == ["CONFIRMED"]


@pytest.mark.parametrize("jump", [MINUTES, -MINUTES])
async def test_the_time_that_is_left_of_a_lease_is_measured_without_the_ledgers_clock(nodes: Nodes, jump: float):
    await nodes.export(LOST)
    outbox, hands = nodes.both[0], nodes.hands
    async with nodes.stage.database.write(None) as session:
        op = await claim(session, outbox.owner, hands.at, timedelta(seconds=PACE.lease))
    assert op is not None
    claimed_at = hands.at

    hands.jump(jump)
    await Turn(outbox, op, claimed_at, began=time.monotonic() - PACE.lease + PACE.total_timeout).run()

    assert await nodes.sent() == 0
    assert (await nodes.stage.op()).error_code == "PSA_UNREACHABLE"


async def test_an_export_with_the_databases_own_clock_notices_no_jump(stage: Stage):
    outbox = stage.outbox()
    await stage.export(await stage.entries(3))

    await stage.settle(outbox)

    created = (await stage.ops())[0].created_at
    assert outbox.clock.carried(created) == created


def _die() -> None:
    raise Killed


async def _is_marked(nodes: Nodes) -> bool:
    return (await nodes.stage.op()).last_sent_at is not None


async def _is_twice(nodes: Nodes) -> bool:
    return len(await nodes.stage.kept()) == 2
