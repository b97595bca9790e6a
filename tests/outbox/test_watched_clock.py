"""The ledger's clock as it is watched: what is a jump, what is none, and what a jump carries along."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from resolvers.outbox.clocks import WatchedClock
from tests.outbox.nodes import BACK_AND_AGAIN
from tests.outbox.stage import Hands

if TYPE_CHECKING:
    from datetime import datetime

    from db.session import ReadSession

NOBODY = cast("ReadSession", None)  # a clock in one's hands needs no database


async def test_a_reading_that_took_long_is_no_jump_and_hides_none():
    hands, waits = Hands(), [0.0, 40.0, 0.0]

    async def slow(session: Any) -> datetime:
        hands.move(waits.pop(0))
        return await hands(session)

    clock = WatchedClock(slow, hands.monotonic)
    began = await clock(NOBODY)
    await clock(NOBODY)
    before = clock.carried(began)
    hands.jump(20)
    await clock(NOBODY)

    assert before == began
    assert clock.carried(began) == began + timedelta(seconds=20)


async def test_a_jump_carries_nothing_beyond_itself():
    hands = Hands()
    clock = WatchedClock(hands, hands.monotonic)
    began = await clock(NOBODY)

    for seconds in BACK_AND_AGAIN:
        hands.move(10)
        hands.jump(seconds)
        await clock(NOBODY)

    assert clock.carried(began) == hands.at == began + timedelta(seconds=20)
    assert clock.carried(began + timedelta(seconds=30)) == began + timedelta(seconds=30)


@pytest.mark.parametrize(("seconds", "carried"), [(1.0, 0.0), (1.5, 1.5), (-1.0, 0.0)])
async def test_a_second_is_the_difference_of_two_clocks_and_more_is_a_jump(seconds: float, carried: float):
    hands = Hands()
    clock = WatchedClock(hands, hands.monotonic)
    began = await clock(NOBODY)

    hands.jump(seconds)
    await clock(NOBODY)

    assert clock.carried(began) == began + timedelta(seconds=carried)


async def test_a_clock_that_is_set_for_ever_takes_no_memory_for_it():
    hands = Hands()
    clock = WatchedClock(hands, hands.monotonic)
    began = await clock(NOBODY)

    for _ in range(101):
        hands.jump(20)
        await clock(NOBODY)

    assert clock.carried(began) == began + timedelta(seconds=20 * 100)  # the first is forgotten


async def test_a_jump_is_told_in_tenths_of_a_second(caplog: pytest.LogCaptureFixture):
    hands = Hands()
    clock = WatchedClock(hands, hands.monotonic)
    await clock(NOBODY)

    hands.jump(20.0625)
    await clock(NOBODY)
    await clock(NOBODY)

    (warning,) = caplog.records
    assert (warning.message, warning.levelname) == ("the ledger's clock jumped forward", "WARNING")
    assert vars(warning)["seconds"] == 20.1
