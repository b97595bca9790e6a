"""The benchmark, in one command: equal answers first, then rounds, then tables, a picture and the figures as JSON.

`QUICK=1` measures the main table only, in ten minutes. `ROUNDS` and `SECONDS` are those of a cell, `ONLY` names
contestants, `WORKLOADS` documents, `PARTS` parts.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from bench import tables
from bench.answers import ASKERS, answers, check_closed, check_equal
from bench.contestants import CONTESTANTS, MERCURIUS, OURS
from bench.documents import DOCUMENTS, LISTS, ROTATED
from bench.pictures import draw
from bench.population import grow
from bench.reports import report
from bench.rounds import Cells, Plan, memory, play
from bench.servers import serving
from bench.stages import OUT, on_postgresql, on_sqlite
from bench.tokens import token

if TYPE_CHECKING:
    from bench.population import Population
    from bench.stages import Stage

QUICK = os.environ.get("QUICK") == "1"
ROUNDS = int(os.environ.get("ROUNDS", "3" if QUICK else "7"))
SECONDS = float(os.environ.get("SECONDS", "1" if QUICK else "2"))
FEW = min(ROUNDS, 3)  # rounds of the parts beside the main table
SETS = 8 if QUICK else ROTATED
ONLY = os.environ.get("ONLY", ",".join(CONTESTANTS)).split(",")
PARTS = os.environ.get("PARTS", "main" if QUICK else "main,two,sqlite,items,projects").split(",")
WORKLOADS = os.environ.get("WORKLOADS", ",".join(DOCUMENTS)).split(",")
MAIN = Plan(WORKLOADS, ("member", "owner"), ROUNDS, SECONDS)
SIZES = (1_000, 10_000, 100_000)


def main() -> None:
    """Measure what was asked for; a contestant that answers differently ends the run."""
    OUT.mkdir(parents=True, exist_ok=True)
    for log in OUT.glob("*.log"):
        log.unlink()
    population, parts = grow(), {}
    if {"main", "two", "items"} & set(PARTS):
        with on_postgresql(population) as stage:
            parts |= _on_one_population(stage)
    if "sqlite" in PARTS:
        parts["sqlite"] = _on_sqlite(population)
    if "projects" in PARTS:
        for size in SIZES:
            parts[f"{size} projects"] = _among(size)
    text = report(parts)
    (OUT / "report.md").write_text(text)
    print(text)


def _on_one_population(stage: Stage) -> dict[str, object]:
    parts: dict[str, object] = {}
    _prove(stage, ONLY)
    if "main" in PARTS:
        parts["starts"] = _starts(stage)
    with stage.contestants(ONLY) as servers:
        if "main" in PARTS:
            print("main table")
            cells = tables.with_limit(play(stage, servers, MAIN))
            parts["main"], parts["memory"] = cells, memory(servers)
            _write_results(cells)
            draw(cells, OUT / "ratios.svg")
        if "items" in PARTS:
            print("growth with the items of a page")
            plan = replace(MAIN, workloads=list(LISTS), askers=("owner",), rounds=FEW)
            parts["items"] = tables.with_limit(play(stage, servers, plan))
    if "two" in PARTS:
        print("two server processes each")
        with stage.contestants(ONLY, processes=2) as servers:
            plan = replace(MAIN, askers=("member",), rounds=FEW)
            parts["two"] = tables.with_limit(play(stage, servers, plan))
    return parts


def _on_sqlite(population: Population) -> Cells:
    print("SQLite")
    names = [name for name in ONLY if "sqlite" in CONTESTANTS[name].databases]
    with on_sqlite(population) as stage:
        _prove(stage, names)
        with stage.contestants(names) as servers:
            plan = replace(MAIN, askers=("member",), rounds=FEW)
            return tables.with_limit(play(stage, servers, plan))


def _among(size: int) -> Cells:
    print(f"an organisation of {size} projects")
    names = [name for name in (OURS, MERCURIUS, "limit-rows") if name in ONLY]
    with on_postgresql(grow(size)) as stage, stage.contestants(names) as servers:
        return tables.with_limit(play(stage, servers, replace(MAIN, rounds=FEW)))


def _prove(stage: Stage, names: list[str]) -> None:
    """Ask everybody everything; whatever differs from what ours says is an exception."""
    expected = {}
    for name in dict.fromkeys([OURS, *names]):
        with serving(CONTESTANTS[name], stage.url, token("owner"), OUT) as server:
            check_closed(server, stage.population)
            for asker in ASKERS:
                found = answers(server, stage.population, asker, SETS)
                check_equal(expected.setdefault(asker, found), found, f"{name}, asked by {asker},")
        print(f"  {name}: {SETS} answers to each of {len(DOCUMENTS)} documents, for {len(ASKERS)} askers, are equal")


def _starts(stage: Stage) -> dict[str, list[tuple[float, float]]]:
    """Return, for some starts of each, the seconds to the first answer and the MiB then."""
    starts: dict[str, list[tuple[float, float]]] = {}
    for name in ONLY:
        for _ in range(FEW):
            with serving(CONTESTANTS[name], stage.url, token("owner"), OUT) as server:
                starts.setdefault(name, []).append((server.started, server.idle))
    return starts


def _write_results(cells: Cells) -> None:
    """Write the member's medians, for whoever reads them by machine."""
    figures = ("cpu_ms", "rps", "p50_ms", "p99_ms")
    results: dict[str, dict[str, dict[str, float]]] = {}
    for (asker, workload, name), found in cells.items():
        if asker == "member":
            shown = tables.middle(found)
            results.setdefault(workload, {})[name] = {figure: round(shown[figure], 4) for figure in figures}
    (OUT / "results.json").write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    sys.exit(main())
