"""The files of this repository, as the house rules read them."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROOMS = ("schema", "resolvers", "db", "psa")
NOT_OURS = {"__pycache__", "node_modules", "dist", "out"}


def files(root: Path) -> Iterator[Path]:
    """Yield the files that belong to the repository; a folder with a dot holds tools' leavings, except `.ci`."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS and (name[0] != "." or name == ".ci"))
        yield from (Path(folder, name) for name in sorted(names))


def modules(root: Path) -> Iterator[Path]:
    """Yield every Python file."""
    return (path for path in files(root) if path.suffix == ".py")


def program(root: Path) -> Iterator[Path]:
    """Yield the files of the program itself: `app.py` and the rooms."""
    return (path for path in modules(root) if inside(path, root)[0] in {"app.py", *ROOMS})


def inside(path: Path, root: Path) -> tuple[str, ...]:
    """Return a path's parts below the root."""
    return path.relative_to(root).parts


def is_migration(path: Path, root: Path) -> bool:
    """Tell whether a file is a step of the migrations, which are written once and never tidied."""
    return inside(path, root)[:2] == ("db", "migrations")


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def plant(root: Path, name: str, text: str) -> Path:
    """Write a file into a made-up repository, to see a rule refuse it."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
