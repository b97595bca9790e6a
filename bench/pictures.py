"""The table of ratios as a picture: one row of dots a workload, on a logarithmic scale, ours at 1."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from bench.contestants import OURS
from bench.tables import contestants, ratio, workloads

if TYPE_CHECKING:
    from pathlib import Path

    from bench.rounds import Cells

LEFT, TOP, WIDTH, ROW, FOOT = 90, 70, 640, 44, 40
LEAST, MOST = 0.5, 100.0
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)
COLOURS = {
    "limit": "#57606a", "mercurius": "#0969da", "postgraphile": "#1a7f37", "strawberry-tuned": "#bf8700",
    "strawberry-naive": "#cf222e",
}  # fmt: skip


def draw(cells: Cells, path: Path, asker: str = "member") -> None:
    """Write an SVG."""
    rows, names = workloads(cells), [name for name in contestants(cells) if name != OURS]
    height = TOP + ROW * len(rows) + FOOT
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 30} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="100%" height="{height}" fill="#ffffff"/>',
        _text(LEFT, 22, "CPU of server and database per request, as a multiple of ours (left is cheaper)", "bold"),
        *_legend(names),
        *(_tick(value, TOP + ROW * len(rows)) for value in TICKS),
    ]
    for place, workload in enumerate(rows):
        y = TOP + ROW * place + ROW // 2
        drawn.append(_text(16, y + 4, workload))
        drawn.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + WIDTH}" y2="{y}" stroke="#d0d7de"/>')
        for name in names:
            value = ratio(cells, asker, workload, name)
            drawn.append(_dot(_across(value), y, name, f"{name}: {value:.2f}"))
    path.write_text("\n".join([*drawn, "</svg>"]) + "\n")


def _across(value: float) -> float:
    share = (log10(min(max(value, LEAST), MOST)) - log10(LEAST)) / (log10(MOST) - log10(LEAST))
    return LEFT + WIDTH * share


def _tick(value: float, foot: int) -> str:
    x, strong = _across(value), value == 1
    colour, wide = ("#24292f", 2) if strong else ("#eaeef2", 1)
    line = f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{foot}" stroke="{colour}" stroke-width="{wide}"/>'
    return line + _text(x - 8, foot + 20, "ours" if strong else f"{value:g}×")


def _legend(names: list[str]) -> list[str]:
    drawn, x = [], LEFT + 6
    for name in names:
        drawn += [_dot(x, 46, name, name), _text(x + 12, 50, name)]
        x += 30 + 8 * len(name)
    return drawn


def _dot(x: float, y: float, name: str, title: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y}" r="7" fill="{COLOURS.get(name, "#8250df")}"><title>{title}</title></circle>'


def _text(x: float, y: float, words: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}" fill="#24292f">{words}</text>'
