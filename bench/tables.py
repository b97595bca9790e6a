"""Figures as tables of Markdown: medians with their range, and ratios to ours."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench.contestants import CONTESTANTS, OURS
from bench.rounds import middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.rounds import Cells

LIMITS = ("limit-rows", "limit-texts")
LIMIT = "limit"


def with_limit(cells: Cells) -> Cells:
    """Put, for each workload, the cheaper of both ways to write a statement by hand in the place of both."""
    kept: Cells = {key: found for key, found in cells.items() if key[2] not in LIMITS}
    for asker, workload in dict.fromkeys((asker, workload) for asker, workload, _ in cells):
        both = [cells[asker, workload, way] for way in LIMITS if (asker, workload, way) in cells]
        if both:
            kept[asker, workload, LIMIT] = min(both, key=lambda found: middle(found)["cpu_ms"])
    return kept


def contestants(cells: Cells) -> list[str]:
    """Return who was measured: ours first, the limit last."""
    found = {name for _, _, name in cells}
    return [name for name in (*CONTESTANTS, LIMIT) if name in found]


def workloads(cells: Cells) -> list[str]:
    """Return what was measured, in the order of its appearance."""
    return list(dict.fromkeys(workload for _, workload, _ in cells))


def absolute(cells: Cells, asker: str, figure: str, digits: int) -> str:
    """Return a table of medians; below each the range over the rounds."""
    rows = []
    for name in contestants(cells):
        row = [name]
        for workload in workloads(cells):
            found = cells[asker, workload, name]
            each = [cell.shown()[figure] for cell in found]
            low, high = min(each), max(each)
            row.append(f"{middle(found)[figure]:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})")
        rows.append(row)
    return table(["", *workloads(cells)], rows)


def ratios(cells: Cells, asker: str, figure: str) -> str:
    """Return a table of each contestant's figure over ours: above 1 costs more than ours, or serves more."""
    rows = []
    for name in contestants(cells):
        if name != OURS:
            each = [ratio(cells, asker, workload, name, figure) for workload in workloads(cells)]
            rows.append([f"{name} ÷ ours", *(f"{value:.2f}" for value in each)])
    return table(["", *workloads(cells)], rows)


def ratio(cells: Cells, asker: str, workload: str, name: str, figure: str = "cpu_ms") -> float:
    """Return the median over the rounds of a contestant's figure over ours.

    Each round compares what was measured within a minute: from one round to the next the machine may change its pace.
    """
    rounds = zip(cells[asker, workload, name], cells[asker, workload, OURS], strict=True)
    return median(theirs.shown()[figure] / ours.shown()[figure] for theirs, ours in rounds)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)
