"""One commit in the program, and no SQL around the session that knows its organisation."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.house.sources import ROOT, inside, is_migration, parsed, plant, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THE_COMMIT = "db/session.py"
BARE_SQL_MAY = ("db/plans", "db/ledger")


def test_there_is_one_commit_and_it_is_the_sessions() -> None:
    assert list(commits(ROOT)) == [THE_COMMIT]


def test_bare_sql_is_written_in_the_plans_and_the_ledger_only() -> None:
    assert list(bare_sql(ROOT)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("db/tasks.py", "async def finish(session):\n    await session.commit()\n"),
        ("resolvers/outbox.py", "def turn(unit):\n    commit = unit.commit\n    commit()\n"),
        ("app.py", "connection.commit()\n"),
    ],
)
def test_a_second_commit_is_found(tmp_path: Path, name: str, text: str) -> None:
    plant(tmp_path, name, text)

    assert list(commits(tmp_path)) == [name]


@pytest.mark.parametrize("name", ["db/migrations/env.py", "psa/sandbox/store.py", "tests/given.py"])
def test_migrations_the_sandbox_and_tests_have_stores_of_their_own(tmp_path: Path, name: str) -> None:
    plant(tmp_path, name, "connection.commit()\n")

    assert list(commits(tmp_path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "from sqlalchemy import text\ndef f(s): s.execute(text('SELECT 1'))",
        "import sqlalchemy as sa\ndef f(s): s.execute(sa.text('SELECT 1'))",
        "import sqlalchemy\nTASKS = sqlalchemy.Table('tasks', m)",
        "from sqlalchemy import table\ndef f(s): return table('tasks')",
        "from .base import Base, Task\ndef f(s): return insert(Task.__table__)",
        "from .base import Base, Task\ndef f(s): return Base.metadata.tables['tasks']",
    ],
)
def test_bare_sql_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "db/tasks.py", text)

    assert list(bare_sql(tmp_path)) == ["db/tasks.py:2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("db/tasks.py", "from sqlalchemy import text\nINDEX = Index('i', where=text('newest'))\n"),
        ("db/tasks.py", "def f(message): return message.text()\n"),
        ("db/plans/levels.py", "from sqlalchemy import text\ndef f(s): return text('SELECT 1')\n"),
        ("db/ledger.py", "from sqlalchemy import text\ndef f(s): return text('SELECT 1')\n"),
        ("db/migrations/env.py", "def f(): return Base.metadata.tables\n"),
    ],
)
def test_the_text_of_an_index_a_plan_or_the_ledger_is_let_through(tmp_path: Path, name: str, text: str) -> None:
    plant(tmp_path, name, text)

    assert list(bare_sql(tmp_path)) == []


def commits(root: Path) -> Iterator[str]:
    """Yield the file of every mention of a commit; a sandbox is another product, with a store of its own."""
    for path in program(root):
        if not is_migration(path, root) and inside(path, root)[:2] != ("psa", "sandbox"):
            for node in ast.walk(parsed(path)):
                if isinstance(node, ast.Attribute) and node.attr == "commit":
                    yield "/".join(inside(path, root))


def bare_sql(root: Path) -> Iterator[str]:
    """Yield the place of every statement that goes round the session's loader criteria."""
    for path in program(root):
        where = "/".join(inside(path, root))
        if not is_migration(path, root) and not where.startswith(BARE_SQL_MAY):
            tree = parsed(path)
            yield from (f"{where}:{line}" for line in sorted({*_tables(tree), *_texts(tree)}))


def _tables(tree: ast.Module) -> Iterator[int]:
    doors = _doors(tree, "Table", "table")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = ast.unparse(node)
            if name.endswith(".__table__") or name in {"Base.metadata.tables", *doors}:
                yield node.lineno


def _texts(tree: ast.Module) -> Iterator[int]:
    """Look inside functions, where statements are made; at a module's or a class's level a text belongs to an index."""
    doors = _doors(tree, "text")
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (
                node.lineno
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and ast.unparse(node.func) in doors
            )


def _doors(tree: ast.Module, *names: str) -> set[str]:
    """Return how a file may call these names of SQLAlchemy's, after its imports."""
    doors = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            doors |= {alias.asname or alias.name for alias in node.names if alias.name in names}
        elif isinstance(node, ast.Import):
            modules = [alias for alias in node.names if alias.name.split(".")[0] == "sqlalchemy"]
            doors |= {f"{alias.asname or alias.name}.{name}" for alias in modules for name in names}
    return doors
