"""Files and functions stay short, say what they are for, and carry names that mean something."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.house.sources import ROOT, inside, is_migration, modules, parsed, plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES, TEST_LINES, FUNCTION_LINES = 200, 300, 30
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "service", "handler", "data"}
# process_bind_param and process_result_value are SQLAlchemy's words.
EMPTY_NAME = re.compile(
    r"^_?process_(?!bind_param|result_value)|(Utils?|Helpers?|Common|Manager|Service|Handler|Data)$"
)


def test_the_repository_is_kept_small_and_named() -> None:
    assert "\n".join(complaints(ROOT)) == ""


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("db/long.py", '"""Long."""\n' + "x = 1\n" * 200, "db/long.py has 201 lines"),
        ("tests/db/test_long.py", '"""Long."""\n' + "x = 1\n" * 300, "tests/db/test_long.py has 301 lines"),
        ("db/deep.py", '"""Deep."""\ndef f():\n' + "    x = 1\n" * 30, "db/deep.py: f has 31 lines"),
        ("db/silent.py", "x = 1\n", "db/silent.py says nothing about itself"),
        ("db/empty.py", "", "db/empty.py says nothing about itself"),
        ("db/__init__.py", '"""The room."""\nfrom . import tasks\n', "db/__init__.py holds more than a docstring"),
        ("db/task_utils.py", '"""Bits."""\n', "task_utils says nothing"),
        ("db/helpers/tasks.py", '"""Bits."""\n', "helpers says nothing"),
        ("db/tasks.py", '"""Tasks."""\nclass TaskManager: ...\n', "TaskManager says nothing"),
        ("db/tasks.py", '"""Tasks."""\ndef process_task(): ...\n', "process_task says nothing"),
    ],
)
def test_what_breaks_a_rule_is_refused(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    plant(tmp_path, name, text)

    assert [said for said in complaints(tmp_path) if complaint in said] != []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("db/tasks.py", '"""Tasks."""\n' + "x = 1\n" * 199),
        ("db/migrations/versions/0001_all.py", '"""Long."""\n' + "x = 1\n" * 300),
        ("tests/db/test_tasks.py", '"""Tasks."""\n' + "x = 1\n" * 299),
        ("db/deep.py", '"""Deep."""\ndef f():\n' + "    x = 1\n" * 29),
        ("db/__init__.py", '"""The room."""\n'),
        ("db/types.py", '"""Types."""\nclass Hours:\n    def process_bind_param(self): ...\n'),
        ("psa/desk.py", '"""Desks."""\nclass ServiceDesk: ...\n'),
        (".venv/lib/utils.py", "x = 1\n"),
    ],
)
def test_what_keeps_the_rules_is_let_through(tmp_path: Path, name: str, text: str) -> None:
    plant(tmp_path, name, text)

    assert list(complaints(tmp_path)) == []


def complaints(root: Path) -> Iterator[str]:
    """Yield a sentence for every broken rule."""
    for path in modules(root):
        where, tree = "/".join(inside(path, root)), parsed(path)
        if not ast.get_docstring(tree):
            yield f"{where} says nothing about itself"
        if path.name == "__init__.py" and len(tree.body) > 1:
            yield f"{where} holds more than a docstring"
        if not is_migration(path, root) and not where.startswith("bench/peers/"):  # other stacks, as they teach it
            yield from _too_long(where, len(path.read_text("utf-8").splitlines()), tree)
        yield from _empty_names(where, tree)


def _too_long(where: str, lines: int, tree: ast.Module) -> Iterator[str]:
    if lines > (TEST_LINES if where.startswith("tests/") else LINES):
        yield f"{where} has {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{where}: {node.name} has {lines} lines"


def _empty_names(where: str, tree: ast.Module) -> Iterator[str]:
    for part in where.removesuffix(".py").split("/"):
        if EMPTY_WORDS & set(part.split("_")):
            yield f"{where}: the name {part} says nothing"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and EMPTY_NAME.search(node.name):
            yield f"{where}: the name {node.name} says nothing"
