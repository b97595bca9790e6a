"""The rooms import what their doors allow: pyproject's contracts, and `app.py`, which import-linter cannot read."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOMS, ROOT, parsed, plant

LINT = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
WIRES_ONLY = {"sqlalchemy", "alembic", "asyncpg", "aiosqlite", "aiohttp"}  # each lives in one room; app.py asks there


def test_every_contract_is_kept() -> None:
    done = _lint(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_door_wires_rooms_and_speaks_neither_sql_nor_another_products_wire() -> None:
    assert foreign_words(ROOT / "app.py") == set()


@pytest.mark.parametrize(
    ("name", "line", "contract"),
    [
        ("db/tasks.py", "import psa", "Requests flow down"),
        ("psa/port.py", "import db", "Requests flow down"),
        ("db/tasks.py", "from resolvers import tasks", "Requests flow down"),
        ("resolvers/tasks.py", "import schema", "Requests flow down"),
        ("resolvers/tasks.py", "import app", "Nothing looks up"),
        ("db/tasks.py", "from tests import given", "Nothing looks up"),
        ("resolvers/tasks.py", "from sqlalchemy import select", "SQL is spoken in db"),
        ("schema/tasks.py", "import asyncpg", "SQL is spoken in db"),
        ("psa/port.py", "import aiosqlite", "SQL is spoken in db"),
        ("db/tasks.py", "import aiohttp", "Other products are called from psa"),
        ("schema/tasks.py", "from starlette.requests import Request", "stays at the door"),
        ("resolvers/tasks.py", "import starlette", "stays at the door"),
        ("db/tasks.py", "import strawberry", "GraphQL ends above"),
        ("psa/port.py", "import graphql", "GraphQL ends above"),
    ],
)
def test_a_line_in_the_wrong_room_is_refused(tmp_path: Path, name: str, line: str, contract: str) -> None:
    _house(tmp_path)
    plant(tmp_path, name, line)

    done = _lint(tmp_path)

    broken = [said for said in done.stdout.splitlines() if "BROKEN" in said or contract in said]
    assert done.returncode == 1
    assert any(contract in said for said in broken), done.stdout


def test_a_line_in_its_own_room_is_let_through(tmp_path: Path) -> None:
    _house(tmp_path)
    plant(tmp_path, "db/tasks.py", "import sqlalchemy")
    plant(tmp_path, "psa/port.py", "import aiohttp")
    plant(tmp_path, "resolvers/tasks.py", "import strawberry, db, psa")
    plant(tmp_path, "schema/serving.py", "import starlette, resolvers, db.tasks")

    done = _lint(tmp_path)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "line", ["import aiohttp", "from sqlalchemy.ext import asyncio", "import sqlalchemy.orm as orm"]
)
def test_a_foreign_word_at_the_door_is_found(tmp_path: Path, line: str) -> None:
    door = plant(tmp_path, "app.py", f"import starlette\n{line}\n")

    assert len(foreign_words(door)) == 1


def foreign_words(door: Path) -> set[str]:
    """Return the libraries of one room that a file imports."""
    words = set()
    for node in ast.walk(parsed(door)):
        if isinstance(node, ast.Import):
            words |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            words.add(node.module.split(".")[0])
    return words & WIRES_ONLY


def _house(root: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", root)
    for room in ROOMS:
        plant(root, f"{room}/__init__.py", "")
        plant(root, f"{room}/tasks.py", "")


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=root, capture_output=True, text=True, check=False)
