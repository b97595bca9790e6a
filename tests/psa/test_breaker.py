"""The circuit breaker, on a clock that the test turns."""

from __future__ import annotations

import pytest

from psa.breaker import Breaker
from psa.errors import Effect, PsaUnreachable


class Hands:
    """A clock's hands."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


def results(breaker: Breaker, *outages: bool) -> None:
    for outage in outages:
        breaker.settle(breaker.admit(), outage=outage)


def opened(hands: Hands) -> Breaker:
    breaker = Breaker(hands)
    results(breaker, *[True] * 5)
    return breaker


def test_four_outages_in_a_row_are_borne_and_the_fifth_opens(hands: Hands):
    breaker = Breaker(hands)

    results(breaker, True, True, True, True, False, True, True, True, True)
    assert not breaker.is_open
    results(breaker, True)

    assert breaker.is_open


def test_ten_outages_among_twenty_open(hands: Hands):
    breaker = Breaker(hands)

    results(breaker, *[True, False] * 9, True)
    assert not breaker.is_open
    results(breaker, False)

    assert breaker.is_open


def test_nine_outages_among_twenty_are_borne(hands: Hands):
    breaker = Breaker(hands)

    results(breaker, *[True, False] * 9, False, False, False)

    assert not breaker.is_open


def test_an_open_breaker_sends_nothing_and_says_for_how_long(hands: Hands):
    breaker = opened(hands)
    hands.at += 12.5

    with pytest.raises(PsaUnreachable) as caught:
        breaker.admit()

    assert caught.value.retry_after_seconds == 18
    assert caught.value.effect is Effect.NOT_SENT


def test_after_thirty_seconds_exactly_one_probe_goes(hands: Hands):
    breaker = opened(hands)
    hands.at += 30

    breaker.admit()

    for _ in range(5):
        with pytest.raises(PsaUnreachable):
            breaker.admit()


def test_a_probe_that_succeeds_closes(hands: Hands):
    breaker = opened(hands)
    hands.at += 30

    results(breaker, False)

    assert not breaker.is_open
    results(breaker, True, True, True, True)
    assert not breaker.is_open


def test_a_probe_that_fails_opens_for_another_thirty_seconds(hands: Hands):
    breaker = opened(hands)
    hands.at += 30

    results(breaker, True)
    hands.at += 29.9

    with pytest.raises(PsaUnreachable):
        breaker.admit()


def test_a_probe_that_was_given_up_leaves_its_place_to_the_next(hands: Hands):
    breaker = opened(hands)
    hands.at += 30

    breaker.settle(breaker.admit(), outage=None)

    results(breaker, False)
    assert not breaker.is_open


def test_a_late_result_from_before_it_opened_cannot_close_it(hands: Hands):
    breaker = Breaker(hands)
    late = breaker.admit()
    results(breaker, *[True] * 5)
    hands.at += 30
    breaker.admit()

    breaker.settle(late, outage=False)

    assert breaker.is_open
