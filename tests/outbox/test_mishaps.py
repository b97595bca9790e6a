"""What goes wrong again and again in the background is told when it begins, and once a minute while it lasts."""

from __future__ import annotations

import logging

import pytest

from resolvers.mishaps import EVERY, Mishaps
from tests.outbox.stage import Hands

log = logging.getLogger("tests.mishaps")


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def mishaps(hands: Hands) -> Mishaps:
    return Mishaps(log, hands.monotonic)


def test_one_that_lasts_is_a_line_a_minute(mishaps: Mishaps, hands: Hands, caplog: pytest.LogCaptureFixture):
    for _ in range(100):
        mishaps.tell("the turn failed", LookupError("no such table"))
        hands.move(EVERY / 40)

    assert [record.message for record in caplog.records] == ["the turn failed"] * 3


def test_another_one_is_told_at_once(mishaps: Mishaps, caplog: pytest.LogCaptureFixture):
    for error in (LookupError("a"), ValueError("b"), LookupError("c")):
        mishaps.tell("the turn failed", error)

    assert [vars(record)["reason"] for record in caplog.records] == ["LookupError", "ValueError"]


@pytest.mark.parametrize(("error", "has_trace"), [(LookupError("a bug"), True), (ConnectionRefusedError(), False)])
def test_a_trace_is_told_of_bugs_only(
    mishaps: Mishaps, caplog: pytest.LogCaptureFixture, error: Exception, has_trace: object
):
    mishaps.tell("the turn failed", error)

    (record,) = caplog.records
    assert (record.exc_info is not None) is has_trace
