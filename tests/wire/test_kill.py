"""kill -9 of the real server in the middle of an export: started again, it brings each entry to the PSA once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from db.organizations import Role
from db.session import Database
from tests.kinds import NO_LOOKUP, only
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY
from tests.wire.serving import ServerProcess, connect, token

if TYPE_CHECKING:
    from tests.psa_sandbox import Sandbox

# Shorter than in life, in the same order: a send ends before its lease, a doubt outlives both.
HASTY = {"send_seconds": 1.0, "lease_seconds": 6.5, "quarantine_seconds": 1.5, "log_level": "ERROR"}
EXPORT = """mutation Export($input: ExportTimeEntriesInput!) {
  exportTimeEntries(input: $input) {
    __typename
    ... on ExportTimeEntriesPayload { replayed batch { id } }
    ... on ProjectsError { code message }
  }
}"""
BATCH = "query Batch($id: ID!) { exportBatch(id: $id) { status counts { confirmed } } }"
ENTRIES = 5


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("place", ["export.marked=kill@2", "export.answered=kill@3"])
async def test_an_export_survives_the_death_of_its_server(database_url: str, sandbox: Sandbox, place: str):
    database = Database(database_url)
    stage = await set_stage(database, sandbox)
    await connect(database, stage.place, sandbox.base_url, f"{KEY}-{stage.place.org}")
    entries = await stage.entries(ENTRIES)
    asked = {
        "projectId": stage.place.project.id, "timeEntryIds": [entry.id for entry in entries], "idempotencyKey": "once",
    }  # fmt: skip
    owner = {"authorization": f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"}
    server = ServerProcess(database_url, **HASTY)

    async with httpx2.AsyncClient(headers=owner, timeout=30) as client:
        await server.start(FAILPOINTS=place)
        with pytest.raises(httpx2.TransportError):
            await ask(client, server, EXPORT, input=asked)
        code = await server.died()
        await server.start()
        again = (await ask(client, server, EXPORT, input=asked))["exportTimeEntries"]
        batch = await finished(client, server, again["batch"]["id"])
    await server.stop()

    kept = Counter(entry["externalRef"] for entry in await sandbox.time_entries(stage.place.org))
    assert (code, again["replayed"]) == (-9, True)
    assert batch == {"status": "SUCCEEDED", "counts": {"confirmed": ENTRIES}}
    assert sorted(kept.values()) == [1] * ENTRIES
    await stage.close()
    await database.close()


async def ask(client: httpx2.AsyncClient, server: ServerProcess, query: str, **variables: Any) -> Any:
    answer = await client.post(f"{server.url}/graphql", json={"query": query, "variables": variables})
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


async def finished(client: httpx2.AsyncClient, server: ServerProcess, batch_id: str) -> Any:
    async with asyncio.timeout(100):
        while True:
            batch = (await ask(client, server, BATCH, id=batch_id))["exportBatch"]
            if batch["status"] != "RUNNING":
                return batch
            await asyncio.sleep(0.2)
