"""GraphQL over HTTP: what is refused, with which status, and in which media type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.wire.serving import Front

RESPONSE_JSON, JSON = "application/graphql-response+json", "application/json"
VIEWER = "{ viewer { name } }"
BY_ID = "query Named($id: ID!) { project(id: $id) { name } }"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON), ("*/*", JSON), (JSON, JSON), ("application/*;q=0.5, text/html", JSON), ("text/plain", JSON),
        (RESPONSE_JSON, RESPONSE_JSON), (f"{RESPONSE_JSON}, {JSON}", RESPONSE_JSON),
        (f"{RESPONSE_JSON}, {JSON};q=0.9", RESPONSE_JSON), (f"{JSON}, {RESPONSE_JSON};q=0.9", JSON),
        (f"{RESPONSE_JSON};q=0", JSON), (f"{RESPONSE_JSON};q=much", JSON),
        (f"{RESPONSE_JSON.upper()}; q=1", RESPONSE_JSON),
    ],
)  # fmt: skip
async def test_the_media_type_is_the_one_that_the_client_prefers(door: Front, accept: str, media: str):
    answer = await door.ask(VIEWER, {"accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert list(answer.json()) == ["data"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { viewer { name } } query B { viewer { name } }", "OPERATION_RESOLUTION_FAILURE"),
        (BY_ID, "BAD_USER_INPUT"),
        ("query ($id: ID!) { project(id: $id) { name } }", "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_never_runs_has_no_data_and_a_code(door: Front, query: str, code: str):
    modern = await door.ask(query, {"accept": RESPONSE_JSON}, id=["x"])
    plain = await door.ask(query, {"accept": JSON}, id=["x"])

    assert (modern.status_code, plain.status_code) == (400, 200)
    for answer in (modern, plain):
        assert list(answer.json()) == ["errors"]
        assert answer.json()["errors"][0]["extensions"]["code"] == code
        assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"123", b'"x"', b"true", b"NaN", b"[]", b'[{"query":"{a}"}]', b"{}", b'{"query":null}',
        b'{"query":1}', b'{"query":""}', b'{"query":"{a}","variables":[]}', b'{"query":"{a}","variables":"x"}',
        b'{"query":"{a}","operationName":1}', b'{"query":"{a}","extensions":1}',
        b'{"query":"{a}","variables":{"a":NaN}}',
        b'{"query":"\xff"}', b'{"query":"\\ud800"}', b"[" * 200_000, b'{"query":"{a}","variables":{"a":' + b"[" * 5000,
        b"\xef\xbb\xbf{}", b'{"query":"{a}"} x',
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [JSON, RESPONSE_JSON])
async def test_what_is_no_graphql_request_is_a_400(door: Front, body: bytes, accept: str):
    headers = door.owner | {"content-type": JSON, "accept": accept}

    answer = await door.client.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_number_of_5000_digits_is_a_clients_mistake(door: Front):
    query = b"query ($n: Int) { projects(first: $n) { nodes { id } } }"
    content = b'{"query":"' + query + b'","variables":{"n":' + b"1" * 5000 + b"}}"

    answer = await door.client.post("/graphql", content=content, headers=door.owner | {"content-type": JSON})

    assert answer.status_code in (200, 400)
    assert answer.json()["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data"}, {"content-type": "x/application/json"}, {},
        {"content-type": "application/json; charset=latin-1"}, {"content-type": JSON, "content-encoding": "gzip"},
        {"content-type": "application/graphql+json"},
    ],
)  # fmt: skip
async def test_other_media_are_refused(door: Front, headers: dict[str, str]):
    answer = await door.client.post(
        "/graphql", content=json.dumps({"query": VIEWER}).encode(), headers=door.owner | headers
    )

    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(
    "content_type", ["Application/JSON", 'application/json; charset="UTF-8"', "application/json;x=y"]
)
async def test_json_is_json_however_it_is_written(door: Front, content_type: str):
    headers = door.owner | {"content-type": content_type}

    answer = await door.client.post("/graphql", content=json.dumps({"query": VIEWER}).encode(), headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_and_told_which_is_right(door: Front, method: str):
    answer = await door.client.request(method, "/graphql", params={"query": VIEWER}, headers=door.owner)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused_however_it_arrives(door: Front, *, chunked: bool):
    body = json.dumps({"query": VIEWER + " " * 256 * 1024}).encode()

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    answer = await door.client.post(
        "/graphql", content=parts() if chunked else body, headers=door.owner | {"content-type": JSON}
    )

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_body_at_the_limit_is_read(door: Front):
    body = json.dumps({"query": VIEWER, "variables": {"unused": "x" * 200_000}}).encode()

    answer = await door.client.post("/graphql", content=body, headers=door.owner | {"content-type": JSON})

    assert answer.status_code == 200


async def test_the_operation_is_the_one_that_is_named(door: Front):
    two = "query A { viewer { name } } query B { viewer { role } }"
    body = {"query": two, "operationName": "B"}

    answer = await door.client.post("/graphql", json=body, headers=door.owner)
    unknown = await door.client.post("/graphql", json=body | {"operationName": "C"}, headers=door.owner)

    assert answer.json() == {"data": {"viewer": {"role": "OWNER"}}}
    assert unknown.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


async def test_at_most_five_errors_are_told_and_no_names_are_suggested(door: Front):
    answer = await door.ask("{ " + " ".join(f"viewerr{number}" for number in range(20)) + " }")

    errors = answer.json()["errors"]
    assert len(errors) == 5
    assert "mean" not in answer.text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123_x.Y", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ('a"b', False), ("", False)],
)
async def test_a_sane_request_id_is_kept_and_another_is_made(door: Front, sent: str, *, kept: bool):
    answer = await door.ask(VIEWER, {"x-request-id": sent})

    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.headers["x-request-id"]


async def test_every_answer_forbids_guessing_its_type(door: Front):
    answers = [
        await door.ask(VIEWER), await door.client.get("/livez"), await door.client.get("/nothing"),
        await door.client.post("/graphql"),
    ]  # fmt: skip

    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}


async def test_an_unknown_path_is_told_in_the_houses_shape(door: Front):
    answer = await door.client.get("/nothing")

    assert answer.status_code == 404
    assert answer.json() == {"error": "Not Found", "code": "NOT_FOUND", "details": {}}
