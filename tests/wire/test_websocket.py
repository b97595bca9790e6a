"""GraphQL over WebSocket, from a real client to a real server process."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from db.session import Database
from tests import given
from tests.wire.talking import close_code, heard, opened, say, socket_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.given import Workplace
    from tests.wire.serving import ServerProcess

VIEWER = "{ viewer { role } }"
PAGES = "{ projects(first: 100) { nodes { tasks(first: 100) { nodes { timeEntries(first: 99) { nodes { id } } } } } } }"


@pytest.fixture(scope="module")
async def place(database_url: str) -> AsyncIterator[Workplace]:
    """Store an organisation."""
    database = Database(database_url)
    yield await given.workplace(database)
    await database.close()


async def test_a_query_is_answered_and_completed(server: ServerProcess, place: Workplace):
    async with opened(server, place) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": VIEWER})

        answers = [await heard(socket), await heard(socket)]

    assert answers == [
        {"id": "1", "type": "next", "payload": {"data": {"viewer": {"role": "OWNER"}}}},
        {"id": "1", "type": "complete"},
    ]


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ viewer {", {}, "GRAPHQL_PARSE_FAILED"), ("{ nobody }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { project(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        ("query ($id: ID!) { project(id: $id) { id } }", {"id": "a\0"}, "BAD_USER_INPUT"),
        ("query A { viewer { id } } query B { viewer { id } }", {}, "OPERATION_RESOLUTION_FAILURE"),
        (PAGES, {}, "ANSWER_TOO_LARGE"),
    ],
)  # fmt: skip
async def test_a_wrong_operation_ends_alone_and_the_socket_lives(
    server: ServerProcess, place: Workplace, query: str, variables: dict[str, str], code: str
):
    async with opened(server, place) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": query, "variables": variables})
        refused = await heard(socket)
        await say(socket, type="subscribe", id="1", payload={"query": VIEWER})
        answered = await heard(socket)

    assert (refused["id"], refused["type"]) == ("1", "error")
    assert refused["payload"][0]["extensions"]["code"] == code
    assert refused["payload"][0]["extensions"]["requestId"]
    assert answered["type"] == "next"


@pytest.mark.parametrize("payload", [None, {}, {"authorization": "Bearer wrong"}, {"authorization": 1}, {"token": "x"}])
async def test_a_bad_token_is_forbidden(server: ServerProcess, payload: Any):
    async with socket_to(server) as socket:
        await say(socket, type="connection_init", payload=payload)

        assert await close_code(socket) == 4403


async def test_who_asks_before_saying_who_it_is_is_unauthorized(server: ServerProcess):
    async with socket_to(server) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": VIEWER})

        assert await close_code(socket) == 4401


async def test_who_says_nothing_for_five_seconds_is_let_go(server: ServerProcess):
    async with socket_to(server) as socket:
        assert await close_code(socket) == 4408


@pytest.mark.parametrize(
    "garbage",
    [
        "", "{", "null", "[]", "1", '"x"', "{}", '{"type":1}', '{"type":"subscribe"}', '{"type":"subscribe","id":1}',
        '{"type":"subscribe","id":{},"payload":{"query":"{a}"}}',
        '{"type":"subscribe","id":"","payload":{"query":"{a}"}}',
        '{"type":"subscribe","id":"1","payload":"{a}"}', '{"type":"subscribe","id":"1","payload":null}',
        '{"type":"subscribe","id":"1","payload":{"query":1}}', '{"type":"complete","id":1}',
        '{"type":"ping","payload":1}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}', '{"type":"' + "x" * 500 + '"}',
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}', b"\x00\xff",
    ],
)  # fmt: skip
async def test_garbage_closes_the_socket_and_says_so(server: ServerProcess, place: Workplace, garbage: str | bytes):
    async with opened(server, place) as socket:
        await socket.send(garbage)

        assert await close_code(socket) == 4400


async def test_a_payload_that_nests_without_end_is_refused_and_the_socket_lives(
    server: ServerProcess, place: Workplace
):
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    async with opened(server, place) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": VIEWER, "extensions": {"x": deep}})
        refused = await heard(socket)
        await say(socket, type="subscribe", id="1", payload={"query": VIEWER})
        answered = await heard(socket)

    assert refused["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answered["type"] == "next"


async def test_two_operations_of_one_id_are_one_too_many(server: ServerProcess, place: Workplace):
    async with opened(server, place) as socket:
        with suppress(ConnectionClosed):
            for _ in range(200):  # an answered id may be used again, so one must meet another that is under way
                await say(socket, type="subscribe", id="x" * 200, payload={"query": VIEWER})

        assert await close_code(socket) == 4409


async def test_a_second_init_is_one_too_many(server: ServerProcess, place: Workplace):
    async with opened(server, place) as socket:
        await say(socket, type="connection_init")

        assert await close_code(socket) == 4429


async def test_a_message_over_the_limit_is_too_big(server: ServerProcess, place: Workplace):
    async with opened(server, place) as socket:
        await socket.send("x" * 65_537)

        assert await close_code(socket) == 1009


async def test_the_legacy_protocol_is_not_spoken(server: ServerProcess):
    async with socket_to(server, "graphql-ws") as socket:
        assert await close_code(socket) == 4406


@pytest.mark.parametrize(("origin", "let_in"), [("https://app.example", True), ("https://evil.example", False)])
async def test_only_pages_of_listed_origins_connect(server: ServerProcess, origin: str, *, let_in: bool):
    try:
        async with socket_to(server, origin=websockets.Origin(origin)):
            status = 101
    except InvalidStatus as refused:
        status = refused.response.status_code

    assert status == (101 if let_in else 403)


async def test_a_ping_is_answered(server: ServerProcess, place: Workplace):
    async with opened(server, place) as socket:
        await say(socket, type="ping")

        assert await heard(socket) == {"type": "pong"}


async def test_a_bug_tells_its_number_and_nothing_else(server: ServerProcess, place: Workplace, database_url: str):
    database = Database(database_url)
    await _rename(database, "projects", "hidden_projects")
    async with opened(server, place) as socket:
        await say(socket, type="subscribe", id="1", payload={"query": "{ projects { nodes { id } } }"})
        answer = await heard(socket)
    await _rename(database, "hidden_projects", "projects")
    await database.close()

    (error,) = answer["payload"]["errors"]
    assert error["message"] == "Internal server error"
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "projects" not in str(error["extensions"])


async def _rename(database: Database, old: str, new: str) -> None:
    async with database._writer.begin() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
