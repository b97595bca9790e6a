"""A server in the middle of an export, and a client that keeps asking it, for tests that hurt something meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from db.organizations import Role
from db.session import Database
from tests.kinds import ENDS
from tests.outbox.checks import flaws
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY
from tests.wire.serving import connect, server_process, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess

# Shorter than in life, in the same order.
HASTY = {"send_seconds": 1.0, "lease_seconds": 6.5, "quarantine_seconds": 1.5, "log_level": "CRITICAL"}
READ = "{ projects(first: 1) { nodes { id name } } }"
LINES = 12


class Asker:
    """A client that keeps asking, and keeps what it was answered."""

    def __init__(self, server: ServerProcess, stage: Stage) -> None:
        owner = f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"
        self._client = httpx2.AsyncClient(headers={"authorization": owner}, timeout=30)
        self.server = server
        self.answers: list[httpx2.Response] = []

    async def ask(self, query: str, **variables: Any) -> httpx2.Response:
        answer = await self._client.post(f"{self.server.url}/graphql", json={"query": query, "variables": variables})
        self.answers.append(answer)
        return answer

    async def until(self, status: int, query: str = READ) -> float:
        """Ask until that is the answer; return after how many seconds it was."""
        begun = time.monotonic()
        async with asyncio.timeout(30):
            while (await self.ask(query)).status_code != status:
                await asyncio.sleep(0.05)
        return time.monotonic() - begun

    @property
    def said(self) -> set[tuple[int, str | None]]:
        """Return every pair of status and first code that was answered."""
        return {(answer.status_code, code_of(answer)) for answer in self.answers}

    async def close(self) -> None:
        await self._client.aclose()


@asynccontextmanager
async def exporting(url: str, sandbox: Sandbox) -> AsyncIterator[tuple[Asker, Stage]]:
    """Serve a database in the middle of an export."""
    database = Database(url)
    stage = await set_stage(database, sandbox, latencyMs=150)
    await connect(database, stage.place, sandbox.base_url, f"{KEY}-{stage.place.org}")
    async with server_process(url, **HASTY) as server:
        asker = Asker(server, stage)
        await asker.ask(READ)
        await stage.export(await stage.entries(LINES))
        async with asyncio.timeout(20):
            while not await stage.kept():
                await asyncio.sleep(0.02)
        yield asker, stage
        await asker.close()
    await stage.roads.close()
    await database.close()


async def wrong_at_the_end(stage: Stage) -> list[str]:
    """Wait for the end of the export; return what is wrong with it: each line is there once, or waits for a person."""
    await stage.until_done(60)
    wrong = [state for state in await stage.states() if state not in ENDS]
    kept = Counter(entry["externalRef"] for entry in await stage.kept())
    if len(kept) < LINES - await stage.parked():
        wrong.append(f"in the PSA: {kept}")
    return wrong + await flaws(stage)


def code_of(answer: httpx2.Response) -> str | None:
    """Return the code of an answer's first error."""
    errors = answer.json().get("errors")
    return errors and errors[0]["extensions"]["code"]
