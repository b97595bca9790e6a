"""The whole application for tests of the wire: in this process behind real ASGI, or in one of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from cryptography.fernet import Fernet

from app import create_app
from db.connections import commands
from db.organizations import Role
from db.session import Database
from db.vaults import Vault
from psa.hub import SessionClaims, issue_token, local_key
from schema.serving.settings import Settings, read
from tests import given
from tests.psa_sandbox import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.given import Workplace

SIGNING_KEY = "canary-signing-key-0123456789abcdef"
SEALING_KEY = Fernet.generate_key().decode()
PEPPER = "canary-pepper"
HUB = local_key(SIGNING_KEY)
VAULT = Vault([SEALING_KEY], PEPPER)
LISTENING = "Listening at "


def settings(url: str, **chosen: Any) -> Settings:
    """Return settings with everything that must be said."""
    boring: dict[str, Any] = {"signing_key": SIGNING_KEY, "sealing_keys": SEALING_KEY, "pepper": PEPPER}
    return read({}, **({"database_url": url, "allow_private_psa": True} | boring | chosen))


def environment(url: str, **chosen: Any) -> dict[str, str]:
    """Return the same for a process of its own; unset what this process happens to have."""
    boring = {"signing_key": SIGNING_KEY, "sealing_keys": SEALING_KEY, "pepper": PEPPER, "allow_private_psa": "1"}
    names = {"allowed_origins": "ALLOWED_ORIGINS"}
    said = {names.get(name, f"PROJECTS_{name.upper()}"): str(value) for name, value in (boring | chosen).items()}
    return {**os.environ, "DATABASE_URL": url, "PORT": "0", **said}


def token(org_id: str, user: Any, expires_at: datetime | None = None) -> str:
    """Return a session of a stored person."""
    now = datetime.now(UTC)
    until = expires_at or now + timedelta(hours=1)
    return issue_token(HUB, SessionClaims(user.id, org_id, user.role.value, user.name, user.email, until), now)


async def connect(database: Database, place: Workplace, psa_url: str, key: str) -> None:
    """Save a PSA connection, as an owner would."""
    values = {"api_url": psa_url, "integration_key": key}
    async with database.write(place.org) as session:
        await commands.save(
            session, place.viewer(), values, vault=VAULT, now=datetime.now(UTC), loopback_http=True
        )  # fmt: skip


@dataclass(slots=True)
class Front:
    """The application's door, an organisation behind it, and its owner's token."""

    client: httpx2.AsyncClient
    database: Database
    place: Workplace
    key: str

    @property
    def owner(self) -> dict[str, str]:
        """Return the headers of the owner."""
        return {"authorization": f"Bearer {token(self.place.org, self.place.users[Role.OWNER])}"}

    async def ask(self, query: str, headers: dict[str, str] | None = None, **variables: Any) -> httpx2.Response:
        """Post a document as the owner, or with other headers."""
        body = {"query": query, "variables": variables}
        return await self.client.post("/graphql", json=body, headers=self.owner | (headers or {}))

    async def context(self, project_id: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        """Fetch a project's context as the PSA."""
        path = f"/api/integration/project-context/{project_id}"
        return await self.client.get(path, headers={"x-integration-key": self.key} if headers is None else headers)


@asynccontextmanager
async def served(chosen: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Run the application in this process, lifespan and all; nothing is closed for a client that goes away."""
    app: Any = create_app(chosen)
    state: dict[str, Any] = {}
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    lifespan = asyncio.create_task(app({"type": "lifespan", "state": state}, to_app.get, from_app.put))
    to_app.put_nowait({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"

    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    transport = httpx2.ASGITransport(with_state)
    async with httpx2.AsyncClient(transport=transport, base_url="http://projects.test") as client:
        yield client
    to_app.put_nowait({"type": "lifespan.shutdown"})
    await lifespan


@asynccontextmanager
async def front(url: str, **chosen: Any) -> AsyncIterator[Front]:
    """Serve a database to which an organisation with a PSA connection was added."""
    database = Database(url)
    place = await given.workplace(database)
    key = f"canary-integration-key-of-{place.org}"
    await connect(database, place, "http://127.0.0.1:9", key)
    async with served(settings(url, **chosen)) as client:
        yield Front(client, database, place, key)
    await database.close()


class ServerProcess:
    """`app.py serve` in a process of its own; dies when told, and comes back with the same database."""

    def __init__(self, url: str, **chosen: Any) -> None:
        self.url = ""
        self._environment = environment(url, **chosen)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **extra: str) -> None:
        """Start with more in the environment, and wait until it listens."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "app.py", "serve", cwd=ROOT, env=self._environment | extra, stdout=pipe
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(50):
            line = (await self._process.stdout.readline()).decode().strip()
        assert line.startswith(LISTENING), line
        self.url = line.removeprefix(LISTENING)

    async def died(self) -> int:
        """Wait for its end."""
        assert self._process is not None
        async with asyncio.timeout(50):
            return await self._process.wait()

    def memory(self) -> int:
        """Return how many bytes of it are resident."""
        assert self._process is not None
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        """Return how many files, sockets and pipes it has open."""
        assert self._process is not None
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())

    async def stopped(self) -> None:
        """Wait until it has stopped itself, at a place that `FAILPOINTS` names."""
        async with asyncio.timeout(50):
            while not self._stands_still():
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        """Let it go on where it stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it in the middle of whatever it does, and let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _stands_still(self) -> bool:
        assert self._process is not None
        return os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT | os.WNOHANG) is not None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it lives, and wait for that."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            self.go_on()  # it may stand still
            await self.died()


@asynccontextmanager
async def server_process(url: str, **chosen: Any) -> AsyncIterator[ServerProcess]:
    """The process, started."""
    process = ServerProcess(url, **chosen)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def command(*said: str, env: dict[str, str]) -> tuple[int, str]:
    """Say something on the command line; return the exit code and all that it printed."""
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", *said, cwd=ROOT, env={**os.environ, **env}, stdout=pipe,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await done.communicate()
    return done.returncode or 0, output.decode()
