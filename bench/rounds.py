"""Rounds: every contestant meets every workload once a round, in another order each time, each after a warm-up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.accounting import resident
from bench.loads import Cell, load
from bench.stages import halt, resume
from bench.tokens import token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.servers import Server
    from bench.stages import Stage

WARM_UP = 1.0  # seconds; Node compiles what it meets often, and everybody prepares statements
AWAKE = 0.4  # seconds; who was halted has timers to catch up with, which a server at work never has all at once


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: workloads as askers, in so many rounds of so many seconds a cell."""

    workloads: Sequence[str]
    askers: Sequence[str]
    rounds: int
    seconds: float


Cells = dict[tuple[str, str, str], list[Cell]]  # (asker, workload, contestant) → a cell a round


def play(stage: Stage, servers: dict[str, list[Server]], plan: Plan) -> Cells:
    """Warm up, then measure in rounds; return all cells."""
    tokens = {asker: token(asker) for asker in plan.askers}
    cells: Cells = {}
    for number in range(plan.rounds + 1):
        seconds = plan.seconds if number else WARM_UP
        print(f"  round {number} of {plan.rounds}" if number else "  warming up", flush=True)
        for asker in plan.askers:
            for workload in plan.workloads:
                for name in _rotated(list(servers), number):
                    cell = _measured(stage, servers[name], workload, tokens[asker], seconds)
                    if number:
                        cells.setdefault((asker, workload, name), []).append(cell)
    return cells


def memory(servers: dict[str, list[Server]]) -> dict[str, float]:
    """Return the MiB that each contestant's processes hold now."""
    return {name: sum(resident(server.process.pid) for server in several) for name, several in servers.items()}


def middle(cells: Sequence[Cell]) -> dict[str, float]:
    """Return the median of every figure over the rounds."""
    shown = [cell.shown() for cell in cells]
    return {name: median(each[name] for each in shown) for name in shown[0]}


def _measured(stage: Stage, servers: list[Server], workload: str, session: str, seconds: float) -> Cell:
    resume(servers)
    time.sleep(AWAKE)
    try:
        bodies = stage.bodies[servers[0].contestant.name, workload]
        return load(servers, stage.postmaster, bodies, session, seconds)
    finally:
        halt(servers)


def _rotated(names: list[str], by: int) -> list[str]:
    by %= len(names)
    return names[by:] + names[:by]
