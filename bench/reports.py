"""What a run found, as one page of Markdown."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from bench import tables
from bench.contestants import OURS

if TYPE_CHECKING:
    from bench.rounds import Cells

WORDS = {
    "two": "Two server processes each, sixteen connections",
    "sqlite": "SQLite",
    "items": "Growth with the items of a page (`list` with `first` from 10 to 100)",
}


def report(parts: dict[str, Any]) -> str:
    """Return the page."""
    written = []
    if "main" in parts:
        written += _main(parts["main"])
        written += ["## Start and memory", _starts(parts["starts"], parts["memory"])]
    for part, cells in parts.items():
        if part in WORDS or part.endswith("projects"):
            written += [f"## {WORDS.get(part, f'An organisation of {part}')}", *_beside(cells)]
    return "\n\n".join(written) + "\n"


def _main(cells: Cells) -> list[str]:
    written = []
    for asker in dict.fromkeys(asker for asker, _, _ in cells):
        written += [
            f"## As {asker}", "CPU of server and database per request, over ours:", tables.ratios(cells, asker, "cpu_ms"),
            "CPU of server and database, ms per request, median (range):", tables.absolute(cells, asker, "cpu_ms", 3),
            "Of it the database:", tables.absolute(cells, asker, "database_ms", 3),
            "Requests per second:", tables.absolute(cells, asker, "rps", 0),
            "Requests per second, over ours:", tables.ratios(cells, asker, "rps"),
            "p50, ms:", tables.absolute(cells, asker, "p50_ms", 2), "p99, ms:", tables.absolute(cells, asker, "p99_ms", 1),
        ]  # fmt: skip
    return written


def _beside(cells: Cells) -> list[str]:
    """Write a part beside the main table: its CPU, as the first asker, and how it compares."""
    written = []
    for asker in dict.fromkeys(asker for asker, _, _ in cells):
        written += [f"As {asker}, CPU ms per request:", tables.absolute(cells, asker, "cpu_ms", 3)]
        if any(name != OURS for name in tables.contestants(cells)):
            written += ["Over ours:", tables.ratios(cells, asker, "cpu_ms")]
    return written


def _starts(starts: dict[str, list[tuple[float, float]]], after: dict[str, float]) -> str:
    rows = []
    for name, each in starts.items():
        seconds, idle = (median(column) for column in zip(*each, strict=True))
        rows.append([name, f"{seconds:.2f}", f"{idle:.0f}", f"{after[name]:.0f}"])
    return tables.table(["", "start to first answer, s", "memory then, MiB", "memory after the load, MiB"], rows)
