"""What a soak is judged by: growth is told from what goes up and down, and too few samples from a verdict."""

from __future__ import annotations

import pytest

from tests.crash.levels import A_FEW, LEAST_SAMPLES, MIB, Levels

SAMPLES = 100
FLAT = [100 * MIB + (number * 7919 % 5 - 2) * MIB for number in range(SAMPLES)]
WARMING = [min(60 + 4 * number, 100) * MIB for number in range(SAMPLES)]
LEAKING = [100 * MIB + number * MIB // 5 for number in range(SAMPLES)]
BUSY = [20 + number % 9 for number in range(SAMPLES)]
FORGOTTEN = [20 + number // 2 for number in range(SAMPLES)]


@pytest.mark.parametrize("memory", [FLAT, WARMING], ids=["flat", "warming_up"])
def test_what_stays_flat_is_no_growth(memory: list[int]):
    assert Levels(memory, BUSY).complaints() == []


def test_a_leak_is_growth():
    (complaint,) = Levels(LEAKING, BUSY).complaints()

    assert complaint.startswith("memory grew by 7.3%: 109.9 to 117.9 MiB")


def test_a_leak_that_is_slower_than_warming_up_can_be_passes_only_where_that_is_allowed():
    assert Levels(LEAKING, BUSY).complaints(most=1.2) == []


def test_descriptors_that_are_forgotten_are_growth():
    (complaint,) = Levels(FLAT, FORGOTTEN).complaints()

    assert complaint == "descriptors grew from 49 to 69"
    assert A_FEW < 69 - 49


def test_a_soak_that_was_over_at_once_proves_nothing():
    few = Levels(FLAT[: LEAST_SAMPLES - 1], BUSY[: LEAST_SAMPLES - 1])

    assert few.complaints() == [f"{LEAST_SAMPLES - 1} samples tell nothing: {LEAST_SAMPLES} are needed"]
