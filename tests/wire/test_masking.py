"""A bug tells clients its number and nothing else; the log has the rest, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from schema.serving.logs import Lines
from tests.wire.serving import front

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.wire.serving import Front

LEAKS = ("sql", "table", "organizations", "relation", "Traceback", "Error:", "canary", "/db/", "sqlite")


@pytest.fixture
async def broken(database_url: str) -> AsyncIterator[Front]:
    """Serve a database in which a table lies under another name for as long as the test runs."""
    async with front(database_url) as opened:
        await _rename(opened, "projects", "hidden_projects")
        yield opened
        await _rename(opened, "hidden_projects", "projects")


async def test_a_database_error_leaks_nothing(broken: Front, caplog: pytest.LogCaptureFixture):
    answer = await broken.ask("{ projects(first: 1) { nodes { name } } }")

    said = answer.json()
    unexpected = _said(caplog, "unexpected")
    assert said["errors"][0]["message"] == "Internal server error"
    assert said["errors"][0]["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR", "requestId": answer.headers["x-request-id"],
    }  # fmt: skip
    assert not [leak for leak in LEAKS if leak in answer.text]
    assert [line["request_id"] for line in unexpected] == [answer.headers["x-request-id"]]


async def test_a_broken_panel_leaks_nothing(broken: Front, caplog: pytest.LogCaptureFixture):
    answer = await broken.context(broken.place.project.id)

    assert answer.status_code == 500
    assert answer.json() == {
        "error": "Internal server error", "code": "INTERNAL_SERVER_ERROR",
        "details": {"requestId": answer.headers["x-request-id"]},
    }  # fmt: skip
    assert len(_said(caplog, "unexpected")) == 1


async def test_the_log_names_the_operation_and_never_its_values(
    broken: Front, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    with caplog.at_level("INFO"):
        await broken.ask("query Mine($id: ID!) { project(id: $id) { name } }", id="canary-value")
    await asyncio.sleep(0)  # lines are written at the end of the loop's turn

    (line,) = [orjson.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert line["event"] == "request"
    assert (line["operation"], line["path"], line["status"]) == ("Mine", "/graphql", 200)
    assert len(line["document"]) == 16
    assert "canary" not in f"{line} {caplog.text}"


async def test_a_trace_shows_no_value_that_was_to_be_written(broken: Front, caplog: pytest.LogCaptureFixture):
    said = """mutation($input: CreateProjectInput!) { createProject(input: $input) {
        ... on CreateProjectPayload { project { id } } } }"""

    answer = await broken.ask(said, input={"name": "canary-name", "description": "canary-description"})

    (line,) = _said(caplog, "unexpected")
    assert "projects" in line["exception"]
    assert "canary" not in line["exception"]
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def _said(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """Return the lines of one kind as the server writes them."""
    lines = [orjson.loads(Lines().format(record)) for record in caplog.records]
    return [line for line in lines if line["event"] == event]


async def _rename(opened: Front, old: str, new: str) -> None:
    async with opened.database._writer.begin() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
