"""The log: one JSON object a line, whoever says it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tests.psa_sandbox import ROOT

SAYS = """
import logging
from schema.serving.logs import configure

configure({level!r})
ours, theirs = logging.getLogger("resolvers.nodes"), logging.getLogger("a.library")
ours.debug("a detail")
ours.info("a step", extra={{"path": ["tasks", 3], "message_of": "näher"}})
theirs.info("a library's step")
theirs.warning("a library's %s", "warning")
try:
    {{}}["nothing"]
except LookupError:
    ours.exception("a bug")
"""


def _said(level: str) -> list[dict[str, Any]]:
    """Return the lines of a process of its own that logs from this level on."""
    asked = [sys.executable, "-c", SAYS.format(level=level)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    return [orjson.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("DEBUG", ["a detail", "a step", "a library's warning", "a bug"]),
        ("info", ["a step", "a library's warning", "a bug"]),
        ("WARNING", ["a library's warning", "a bug"]),
        ("ERROR", ["a bug"]),
    ],
)
def test_what_is_ours_speaks_from_its_level_on_and_libraries_from_warnings_on(level: str, events: list[str]):
    assert [line["event"] for line in _said(level)] == events


def test_a_line_says_what_happened_where_and_when():
    before = datetime.now(UTC)

    step, _warning, bug = _said("INFO")

    at = datetime.fromisoformat(step.pop("timestamp"))
    assert before <= at <= datetime.now(UTC)
    assert step == {
        "event": "a step", "path": ["tasks", 3], "message_of": "näher", "level": "info", "logger": "resolvers.nodes",
    }  # fmt: skip
    assert bug["level"] == "error"
    assert bug["exception"].splitlines()[-1] == "KeyError: 'nothing'"
