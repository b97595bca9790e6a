"""A small storm on each database, and the three ways to get it wrong, in the same harness (reliability 5, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash import checker
from tests.crash.runs import Plan, run
from tests.crash.workers import Variant

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SEED = 20261123


async def test_killed_frozen_and_lied_to_the_workers_bring_every_line_home_once(database_url: str, tmp_path: Path):
    storm = Plan(lines=50, kills=8, seed=SEED, workers=3)

    done = await run(storm, database_url, tmp_path)

    assert len(done.history.ops) == 50
    assert not done.flaws, done.story()
    assert not checker.duplicates(done.history), done.story()


@pytest.mark.parametrize(
    ("variant", "symptom"),
    [
        (Variant.PLAIN_RETRY, checker.duplicates),
        (Variant.MARK_BEFORE_SEND, checker.lost),
        (Variant.SHORT_QUARANTINE, checker.duplicates),
    ],
)
async def test_negative_control(empty_database_url: str, tmp_path: Path, variant: Variant, symptom: checker.Symptom):
    storm = Plan(lines=60, kills=3, seed=SEED, variant=variant, workers=3)

    done = await run(storm, empty_database_url, tmp_path)

    assert symptom(done.history), done.summary()
    assert done.flaws
