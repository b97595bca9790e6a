"""A small storm on each database, and the five ways to get it wrong, in the same harness (reliability 5, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.ledger.tables import Attention, OpKind, OpState
from tests.crash import checker
from tests.crash.controls import SYMPTOMS
from tests.crash.runs import Plan, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.workers import Variant

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SEED = 20261123
KINDS = (OpKind.TIME, OpKind.TICKET, OpKind.VOID)


async def test_killed_frozen_and_lied_to_the_workers_bring_every_line_home_once(database_url: str, tmp_path: Path):
    storm = Plan(lines=50, kills=8, seed=SEED, workers=3)

    done = await run(storm, database_url, tmp_path)

    assert [len(done.history.ops_of(kind)) for kind in KINDS] == [50, 10, 10]
    assert {op.state for op in done.history.ops_of(OpKind.VOID)} == {OpState.CONFIRMED}, done.story()
    assert not done.flaws, done.story()
    assert not checker.duplicates(done.history), done.story()


@pytest.mark.parametrize("kind", ["A", "C"])
async def test_a_psa_of_another_kind_has_no_line_twice(empty_database_url: str, tmp_path: Path, kind: str):
    storm = Plan(lines=40, kills=5, seed=SEED, workers=3, psa=kind)

    done = await run(storm, empty_database_url, tmp_path)

    in_doubt = {op.needs_attention for op in done.history.ops if op.state is OpState.UNKNOWN}
    assert [len(done.history.ops_of(kind)) for kind in KINDS[:2]] == [40, 8]
    assert not done.flaws, done.story()
    assert in_doubt == ({Attention.CANNOT_BE_LOOKED_UP} if kind == "C" else set()), done.summary()


@pytest.mark.parametrize(
    ("variant", "symptom"),
    SYMPTOMS.items(),
)
async def test_negative_control(empty_database_url: str, tmp_path: Path, variant: Variant, symptom: checker.Symptom):
    storm = Plan(lines=60, kills=3, seed=SEED, variant=variant, workers=3)

    done = await run(storm, empty_database_url, tmp_path)

    assert symptom(done.history), done.summary()
    assert done.flaws
