"""GraphQL's lane: who takes it is told what anybody is told, in one packet; who does not fit goes the other way."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from db.organizations import Role
from db.session import Database
from schema.serving.lanes import LARGE, Turn
from schema.serving.requests import BODY_LIMIT
from schema.serving.silences import Silences
from tests import given
from tests.wire.yards import AROUND, LANE, SLOW, Yard, asks, lines, opened, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DESCRIPTION = "query q($id: ID!) { project(id: $id) { description } }"
NAME = "query named { projects(first: 1) { nodes { name } } }"


@pytest.fixture
async def yard(database_url: str) -> AsyncIterator[Yard]:
    async with opened(database_url) as yard:
        yield yard


@pytest.fixture
async def described(yard: Yard, database_url: str) -> Any:
    """Return what stores a project whose description makes an answer of so many bytes, and asks for it."""
    database = Database(database_url)

    async def request(size: int) -> bytes:
        text = "w" * (size - len(b'{"data":{"project":{"description":""}}}'))
        owner = yard.place.users[Role.OWNER]
        project = given.project(yard.place.organization, owner, description=text)
        await given.stored(database, project)
        return yard.post(asks(DESCRIPTION, id=project.id))

    yield request
    await database.close()


GOOD = asks(NAME)
ALIKE: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "a_query": (GOOD, ()),
    "with_an_id": (GOOD, ("x-request-id: canary.1",)),
    "with_a_forged_id": (GOOD, ("x-request-id: a b",)),
    "the_newer_media_type": (GOOD, ("accept: application/graphql-response+json",)),
    "a_header_twice": (GOOD, ("accept: text/html", "accept: application/graphql-response+json")),
    "to_be_closed": (GOOD, ("connection: close",)),
    "an_error_of_a_field": (asks('mutation { archiveProject(input: {id: "prj_none"}) { project { id } } }'), ()),
    "an_unknown_field": (asks("{ nothing }"), ()),
    "an_unknown_field_in_the_newer_type": (asks("{ nothing }"), ("accept: application/graphql-response+json",)),
    "no_syntax": (asks("{"), ()),
    "no_such_operation": (orjson.dumps({"query": NAME, "operationName": "other"}), ()),
    "a_variable_that_does_not_fit": (asks(DESCRIPTION, id=[1]), ()),
    "a_subscription": (asks('subscription { projectActivity(projectId: "prj_none") { id } }'), ()),
    "an_unknown_hash": (
        orjson.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}), ()),
    "no_json": (b"{", ()),
    "no_object": (b"[]", ()),
    "nothing": (b"", ()),
    "a_nul": (asks("{ a\0 }"), ()),
    "nobody": (GOOD, ("authorization: Basic canary",)),
    "a_wrong_token": (GOOD, ("authorization: Bearer canary",)),
    "a_wrong_key": (GOOD, ("x-integration-key: canary",)),
    "of_another_type": (GOOD, ("content-type: text/plain",)),
    "compressed": (GOOD, ("content-encoding: gzip",)),
    "another_charset": (GOOD, ("content-type: application/json; charset=latin-1",)),
}  # fmt: skip


@pytest.mark.parametrize("name", ALIKE)
async def test_both_ways_say_the_same(yard: Yard, name: str):
    body, headers = ALIKE[name]

    took = await yard.answer(yard.post(body, *headers)), yard.in_lane
    around = await yard.answer(yard.post(body, *headers, path=AROUND)), yard.in_lane

    assert took[0] == around[0]
    assert (took[1], around[1]) == (1, 1)  # the second went the other way


async def test_a_product_is_answered_in_the_lane(yard: Yard):
    _, body = await yard.answer(yard.post(GOOD, f"x-integration-key: {yard.key}"))

    assert body == {"data": {"projects": {"nodes": [{"name": yard.place.project.name}]}}}
    assert yard.in_lane == 1


async def test_the_older_http_ends_with_its_answer(yard: Yard):
    reader, _ = await yard.asked(yard.post(GOOD, version="1.0"))

    head, _, body = (await asyncio.wait_for(reader.read(), SLOW)).partition(b"\r\n\r\n")

    assert b"connection: close" in lines(head)
    assert b"data" in body
    assert yard.in_lane == 1


@pytest.mark.parametrize("size", [100, LARGE - 1, LARGE, 10 * LARGE])
async def test_head_and_body_are_one_packet(yard: Yard, described: Any, size: int):
    reader, _ = await yard.asked(await described(size))

    head, body = await read(reader)

    assert b"content-length: %d" % size in lines(head)
    assert yard.packets == [head + orjson.dumps(body)]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /graphql HTTP/1.1\r\nhost: here\r\n\r\n", b"405"),
        (b"POST /graphq1 HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n", b"404"),
        (b"GET /livez HTTP/1.1\r\nhost: here\r\n\r\n", b"200"),
    ],
    ids=["another_method", "another_path", "another_page"],
)
async def test_what_is_not_asked_of_graphql_goes_the_other_way(yard: Yard, request_: bytes, status: bytes):
    reader, _ = await yard.asked(request_)

    assert status in await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)
    assert yard.in_lane == 0


@pytest.mark.parametrize("place", [0, 1, len(GOOD) - 1])
async def test_a_body_that_comes_in_parts_is_waited_for_on_the_other_way(yard: Yard, place: int):
    request = yard.post(GOOD)
    cut = len(request) - len(GOOD) + place
    reader, writer = await yard.asked(request[:cut])
    await asyncio.sleep(0.1)
    writer.write(request[cut:])

    _, body = await read(reader)

    assert "errors" not in body
    assert yard.in_lane == 0


async def test_a_head_that_comes_in_parts_stays_in_the_lane(yard: Yard):
    request = yard.post(GOOD)
    reader, writer = await yard.asked(request[:8])
    for part in (request[8:60], request[60:]):
        await asyncio.sleep(0.05)
        writer.write(part)

    _, body = await read(reader)

    assert "errors" not in body
    assert yard.in_lane == 1


async def test_chunks_that_are_all_there_stay_in_the_lane_and_what_follows_them_is_no_header(yard: Yard):
    head = yard.post(b"", "transfer-encoding: chunked").replace(b"content-length: 0\r\n", b"")
    half = len(GOOD) // 2
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (GOOD[:half], GOOD[half:]))

    _, body = await yard.answer(head + parts + b"0\r\nauthorization: Bearer canary\r\n\r\n")

    assert "errors" not in body
    assert yard.in_lane == 1


async def test_who_waits_to_be_told_to_go_on_is_told(yard: Yard):
    request = yard.post(GOOD, "expect: 100-continue")
    reader, writer = await yard.asked(request[: -len(GOOD)])

    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SLOW) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(GOOD)

    assert "errors" not in (await read(reader))[1]
    assert yard.in_lane == 0


async def test_a_body_that_is_too_long_is_refused(yard: Yard):
    heads, body = await yard.answer(yard.post(b" " * (BODY_LIMIT + 1)))

    assert b"HTTP/1.1 413 Content Too Large" in heads or b"HTTP/1.1 413 Request Entity Too Large" in heads
    assert body["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_many_requests_at_once_are_answered_in_turn(yard: Yard):
    documents = [f"{{ n{number}: __typename }}" for number in range(20)]
    reader, _ = await yard.asked(b"".join(yard.post(asks(document)) for document in documents))

    answers = [(await read(reader))[1] for _ in documents]

    assert answers == [{"data": {f"n{number}": "Query"}} for number in range(20)]
    assert yard.in_lane == 1  # the others waited for it


async def test_a_connection_is_asked_again_and_again(yard: Yard):
    reader, writer = await yard.asked(b"")
    for path in (LANE, AROUND, LANE, LANE, AROUND, LANE):
        writer.write(yard.post(GOOD, path=path))
        assert "errors" not in (await read(reader))[1]

    assert yard.in_lane == 4


async def test_who_does_not_read_is_waited_for(yard: Yard, described: Any):
    request, asked = await described(1_000_000), 30
    reader, writer = await yard.asked(b"")
    for _ in range(asked):
        writer.write(request)
        await asyncio.sleep(0.03)

    assert 0 < len(yard.packets) < asked
    for _ in range(asked):
        await read(reader)


async def test_who_goes_away_is_not_missed(yard: Yard):
    for _ in range(5):
        _, writer = await yard.asked(yard.post(GOOD))
        writer.transport.abort()

    assert "errors" not in (await yard.answer(yard.post(GOOD)))[1]
    async with asyncio.timeout(SLOW):
        while yard.server.server_state.tasks or yard.server.server_state.connections:
            await asyncio.sleep(0.01)


async def test_who_asks_for_nothing_more_is_ended_unless_an_answer_is_still_being_read(yard: Yard, described: Any):
    silences, state = Silences(), yard.server.server_state
    quiet, _ = await yard.asked(yard.post(GOOD))
    await read(quiet)
    await yard.asked(await described(10_000_000))
    await asyncio.sleep(0.3)
    silences.look(state.connections)
    silences.look(state.connections)

    assert await asyncio.wait_for(quiet.read(), SLOW) == b""
    assert len(state.connections) == 1


async def test_who_asks_between_two_looks_is_not_silent(yard: Yard):
    silences = Silences()
    reader, writer = await yard.asked(b"")
    for _ in range(4):
        writer.write(yard.post(GOOD))
        await read(reader)
        silences.look(yard.server.server_state.connections)

    assert len(yard.server.server_state.connections) == 1


async def test_an_answered_request_leaves_nothing_to_the_collector(yard: Yard):
    reader, writer = await yard.asked(yard.post(GOOD))
    await read(reader)
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            writer.write(yard.post(GOOD))
            await read(reader)
        kept = [each for each in gc.get_objects() if isinstance(each, Turn)]
    finally:
        gc.enable()

    assert len(kept) == 1  # the connection keeps its last one


@pytest.mark.parametrize(("origin", "took"), [((), 1), (("origin: https://app.example",), 0)], ids=["none", "one"])
async def test_an_origin_is_judged_by_cors(database_url: str, origin: tuple[str, ...], took: int):
    async with opened(database_url, allowed_origins="https://app.example") as yard:
        heads, _ = await yard.answer(yard.post(GOOD, *origin))

        assert (b"access-control-allow-origin: https://app.example" in heads) is bool(origin)
        assert yard.in_lane == took
