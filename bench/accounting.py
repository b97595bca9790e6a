"""What the kernel has booked to processes: nanoseconds on a core from schedstat, resident memory from status."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")


def on_core(root: int) -> int:
    """Return the nanoseconds that a process, its children and all their threads have spent on a core."""
    return sum(_first_number(task / "schedstat") for pid in family(root) for task in _tasks(pid))


def resident(root: int) -> float:
    """Return the memory of a process and its children, in MiB."""
    sizes = (re.search(r"VmRSS:\s+(\d+)", _read(PROC / str(pid) / "status")) for pid in family(root))
    return sum(int(size[1]) for size in sizes if size) / 1024


def family(root: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield root
    for task in _tasks(root):
        for child in _read(task / "children").split():
            yield from family(int(child))


def _tasks(pid: int) -> list[Path]:
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _first_number(path: Path) -> int:
    return int((_read(path).split() or ["0"])[0])


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has just ended
        return ""
