"""Whoever comes to a server's door in a day: readers, writers, sockets, the PSA, the clumsy and the strangers."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx2

from db.organizations import Role
from tests.wire.serving import token
from tests.wire.talking import heard, opened, subscribe

if TYPE_CHECKING:
    from tests.crash.grounds import Ground
    from tests.wire.serving import ServerProcess

TASKS = "tasks(first: 20) { nodes { id name status ticketLink { ticketNumber } } }"
READS = (
    "query {name} {{ projects(first: 20) {{ totalCount nodes {{ id name client {{ id name }} }} }} }}",
    'query {name} {{ project(id: "{project}") {{ id name TASKS }} }}'.replace(
        "TASKS", TASKS.replace("{", "{{").replace("}", "}}")
    ),
    "query {name} {{ commandCenter(first: 20) {{ nodes {{ client {{ id }} health {{ activeProjects }} }} }} }}",
    "query {name} {{ exportBatches(first: 5) {{ nodes {{ id status }} }} }}",
    'query {name} {{ project(id: "prj_nobody") {{ id }} nothing }}',
)
WRITE = """mutation {name} {{ createTask(input: {{ projectId: "{project}", name: "Soaked" }}) {{
  __typename ... on ProjectsError {{ code }} }} }}"""
BODIES: tuple[bytes, ...] = (b"", b"{", b"[" * 5000, b'{"query": 1}', b'{"query": "{"}', b"\xff" * 64, b"x" * 300_000)


class Visitors:
    """Come one after the other; what they were told is counted."""

    def __init__(self, server: ServerProcess, ground: Ground, seed: int) -> None:
        place = ground.place
        self._server, self._ground = server, ground
        self._dice = random.Random(seed)  # noqa: S311 - chance that can be played again
        self._owner = {"authorization": f"Bearer {token(place.org, place.users[Role.OWNER])}"}
        self._client = httpx2.AsyncClient(base_url=server.url, timeout=30)
        self.told: Counter[str] = Counter()
        self.bugs: list[str] = []

    async def come(self) -> None:
        """Let one of them come."""
        visits = (self._read, self._read, self._read, self._write, self._blunder, self._stranger, self._context)
        visit = self._socket if self._dice.random() < 0.1 else self._dice.choice(visits)
        await visit()

    async def close(self) -> None:
        await self._client.aclose()

    async def _read(self) -> None:
        # Every other document was never seen before: what is kept of them must have an end.
        name = f"q{self._dice.randrange(1 << 40)}" if self._dice.random() < 0.5 else "again"
        await self._ask("read", self._dice.choice(READS).format(name=name, project=self._project()))

    async def _write(self) -> None:
        await self._ask("write", WRITE.format(name="write", project=self._project()))

    async def _blunder(self) -> None:
        headers = self._owner | {"content-type": self._dice.choice(("application/json", "text/plain"))}
        body = self._dice.choice(BODIES)
        self._hear("blunder", await self._client.post("/graphql", content=body, headers=headers))

    async def _stranger(self) -> None:
        headers = {"authorization": f"Bearer {self._dice.randrange(1 << 60)}"}
        self._hear("stranger", await self._client.post("/graphql", json={"query": "{ __typename }"}, headers=headers))

    async def _context(self) -> None:
        path = f"/api/integration/project-context/{self._project()}"
        self._hear("context", await self._client.get(path, headers={"x-integration-key": self._ground.key}))

    async def _socket(self) -> None:
        async with opened(self._server, self._ground.place) as socket:
            await subscribe(socket, f'{{ project(id: "{self._project()}") {{ id name }} }}')
            if self._dice.random() < 0.5:  # the others leave without waiting
                self.told[f"socket {(await heard(socket))['type']}"] += 1

    async def _ask(self, kind: str, query: str) -> None:
        self._hear(kind, await self._client.post("/graphql", json={"query": query}, headers=self._owner))

    def _hear(self, kind: str, answer: httpx2.Response) -> None:
        self.told[f"{kind} {answer.status_code}"] += 1
        if answer.status_code == 500 or "INTERNAL_SERVER_ERROR" in answer.text:
            self.bugs.append(f"{kind} was answered {answer.status_code}: {answer.text[:300]}")

    def _project(self) -> Any:
        return self._dice.choice(sorted(self._ground.entries))
