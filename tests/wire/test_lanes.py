"""GraphQL's lane: who takes it is told what anybody is told, in one packet; who does not fit goes the other way."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from schema.serving.lanes import LARGE, MOST_HEADERS
from schema.serving.requests import BODY_LIMIT
from tests.wire.yards import AROUND, DESCRIPTION, GOOD, NAME, SLOW, Yard, asks, lines, opened, read

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


async def test_what_follows_chunks_is_no_header_on_the_other_way_either(yard: Yard):
    head = yard.post(b"", "transfer-encoding: chunked").replace(b"content-length: 0\r\n", b"")
    body = b"%x\r\n%b\r\n0\r\nauthorization: Bearer canary\r\nx-request-id: canary\r\n" % (len(GOOD), GOOD)
    reader, writer = await yard.asked(head + body)
    await asyncio.sleep(0.1)
    writer.write(b"\r\n")

    head, answer = await read(reader)

    assert "errors" not in answer
    assert b"canary" not in head
    assert yard.in_lane == 0


async def test_more_headers_than_anybody_sends_are_refused(yard: Yard):
    reader, _ = await yard.asked(yard.post(GOOD, *(f"x-{number}: y" for number in range(MOST_HEADERS))))

    assert b"400" in await asyncio.wait_for(reader.readuntil(b"\r\n"), SLOW)


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


@pytest.mark.parametrize(("origin", "took"), [((), 1), (("origin: https://app.example",), 0)], ids=["none", "one"])
async def test_an_origin_is_judged_by_cors(database_url: str, origin: tuple[str, ...], took: int):
    async with opened(database_url, allowed_origins="https://app.example") as yard:
        heads, _ = await yard.answer(yard.post(GOOD, *origin))

        assert (b"access-control-allow-origin: https://app.example" in heads) is bool(origin)
        assert yard.in_lane == took
