"""SIGTERM under load: the server ends in time, every client gets a proper answer, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from db.organizations import Role
from db.session import Database
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY
from tests.wire.serving import ServerProcess, connect, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox

# Room for a slow machine: a line that waits for its place and runs out of its lease would have a second attempt.
PACE = {"send_seconds": 8, "lease_seconds": 45, "quarantine_seconds": 8, "log_level": "CRITICAL"}
EXPORT = """mutation Export($input: ExportTimeEntriesInput!) {
  exportTimeEntries(input: $input) {
    __typename
    ... on ExportTimeEntriesPayload { replayed batch { id status } lines { state } }
    ... on ProjectsError { code }
  }
}"""
VIEWER = "{ viewer { id } }"
REQUESTS, ENTRIES = 6, 4
LIMIT = 20 + 2  # seconds; the drain, and the process around it
DEAF = (httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError)


@pytest.fixture
async def stage(database_url: str, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """Store an organisation with a PSA that takes a third of a second for everything."""
    database = Database(database_url)
    made = await set_stage(database, sandbox, latencyMs=300)
    await connect(database, made.place, sandbox.base_url, f"{KEY}-{made.place.org}")
    yield made
    await made.close()
    await database.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_server_told_to_stop_answers_everybody_and_loses_nothing(stage: Stage, database_url: str):
    wishes = [await _wish(stage, number) for number in range(REQUESTS)]
    owner = {"authorization": f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"}
    server = ServerProcess(database_url, **PACE)
    await server.start()

    async with httpx2.AsyncClient(headers=owner, timeout=60) as client:
        exports = [asyncio.create_task(_said(client, server, EXPORT, input=wish)) for wish in wishes]
        readers = [asyncio.create_task(_read_on(owner, server)) for _ in range(2)]
        await _until_sent(stage, 3)
        begun = time.monotonic()
        await server.stop(signal.SIGTERM)
        took = time.monotonic() - begun
        answers = await asyncio.gather(*exports)
        reads = await asyncio.gather(*readers)

        await server.start()
        again = [(await _said(client, server, EXPORT, input=wish))["exportTimeEntries"] for wish in wishes]
    await stage.until_done(60)
    await server.stop()

    assert took < LIMIT
    assert [answer["exportTimeEntries"]["__typename"] for answer in answers] == ["ExportTimeEntriesPayload"] * REQUESTS
    assert min(reads) > 0
    assert [one["batch"]["id"] for one in again] == [one["exportTimeEntries"]["batch"]["id"] for one in answers]
    assert [one["replayed"] for one in again] == [True] * REQUESTS
    kept = Counter(entry["externalRef"] for entry in await stage.kept())
    assert sorted(kept.values()) == [1] * (REQUESTS * ENTRIES)
    assert await stage.states() == ["CONFIRMED"] * (REQUESTS * ENTRIES)
    assert max(one.attempts for one in await stage.ops()) == 1, "a turn in hand was cut off"


async def _wish(stage: Stage, number: int) -> dict[str, Any]:
    ids = [entry.id for entry in await stage.entries(ENTRIES)]
    return {"projectId": stage.place.project.id, "timeEntryIds": ids, "idempotencyKey": f"wish-{number}"}


async def _said(client: httpx2.AsyncClient, server: ServerProcess, query: str, **variables: Any) -> Any:
    answer = await client.post(f"{server.url}/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


async def _read_on(owner: dict[str, str], server: ServerProcess) -> int:
    """Ask until nobody listens any more; every answer is a proper one. Return how many there were."""
    answered = 0
    while True:
        try:
            async with httpx2.AsyncClient(headers=owner, timeout=30) as client:
                await _said(client, server, VIEWER)
        except DEAF:
            return answered
        answered += 1


async def _until_sent(stage: Stage, calls: int) -> None:
    async with asyncio.timeout(30):
        while len(await stage.calls("POST")) < calls:
            await asyncio.sleep(0.05)
