"""What is started by hand only, and now and then, can still be started."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.loads import Cell
from bench.tables import ratio
from tests.psa_sandbox import ROOT

MODULES = sorted(
    f"{folder}.{file.stem}"
    for folder in ("bench", "tests.crash")
    for file in (ROOT / folder.replace(".", "/")).glob("*.py")
)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith(("__main__", "__init__"))])
def test_a_module_of_the_long_runs_can_be_imported(name: str):
    assert import_module(name).__doc__


def _cell(cpu_ms: float) -> Cell:
    return Cell(cpu_ms, 0.0, rps=1.0, p50_ms=1.0, p99_ms=1.0)


def test_a_ratio_compares_what_was_measured_in_one_round():
    paces = (1.0, 4.0, 2.0)  # of a machine that others use too; in the last round only theirs was hit
    ours = [_cell(pace) for pace in paces]
    theirs = [_cell(2 * pace) for pace in paces[:2]] + [_cell(8.0)]

    found = ratio(
        {("member", "tiny", "one-projects"): ours, ("member", "tiny", "other"): theirs}, "member", "tiny", "other"
    )

    assert found == 2.0  # the medians, 8 over 2, would say 4
