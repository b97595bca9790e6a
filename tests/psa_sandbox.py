"""The sandbox PSA for every test that needs one: in this process, or in one of its own that may be killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from psa.connections import PsaCredentials
from psa.sandbox.server import create_sandbox
from psa.sandbox.store import Store
from tests.kinds import KIND, KINDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ROOT = Path(__file__).parent.parent
TENANT = "org_acme"
KEY = "canary-integration-key-0123456789"
USERS = [{"id": "usr_ann", "email": "ann@acme.example"}, {"id": "usr_bob", "email": "bob@acme.example"}]
CLIENTS = [{"id": "c-1", "name": "Harbor Dental"}, {"id": "c-2", "name": "Mill Street Law"}]
CONTRACTS = [
    {
        "id": "k-1",
        "number": "CTR-1001",
        "name": "Harbor managed services",
        "clientId": "c-1",
        "startDate": "2026-01-01",
        "endDate": "2026-12-31",
    },
    {"id": "k-2", "number": "CTR-1002", "name": "Mill retainer", "type": "retainer", "clientId": "c-2"},
]
OF_ANOTHER_TOOL = "another-tool-1"
TICKETS = [
    {"id": "t-1", "number": "ACM-101", "title": "Printer on fire", "clientId": "c-1", "priority": "high"},
    {"id": "t-2", "number": "ACM-102", "title": "VPN drops", "clientId": "c-1"},
]


class Sandbox:
    """The control surface of a running sandbox."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self.base_url = base_url
        self._session = session

    def credentials(self, tenant: str = TENANT, key: str = KEY) -> PsaCredentials:
        """What an administrator of this tenant would save."""
        return PsaCredentials(tenant, self.base_url, key)

    async def seed(self, tenant: str = TENANT, key: str = KEY, **wishes: Any) -> dict[str, Any]:
        """A tenant of the run's kind, with no rate limit and two of everything, unless the wishes say otherwise."""
        things: dict[str, Any] = {"clients": CLIENTS, "contracts": CONTRACTS, "tickets": TICKETS} | wishes
        settings = {"rateLimit": 0} | KINDS[KIND] | things.pop("settings", {})
        if settings["ignoresFilters"] and things["contracts"]:  # of one that has nothing a probe would learn nothing
            work = {"contractId": things["contracts"][0]["id"], "date": "2026-01-05", "hours": "1.00"}
            things = {"timeEntries": [work | {"externalRef": OF_ANOTHER_TOOL}]} | things
        who = {"id": tenant, "key": key, "prefix": "ACM", "users": things.pop("users", USERS)}
        return await self.control("POST", "seed", things | {"tenant": who, "settings": settings})

    async def settings(self, **wishes: Any) -> None:
        """rateLimit, latencyMs, dedupe, ignoresFilters; of every tenant unless one is named."""
        await self.control("PUT", "settings", wishes)

    async def faults(self, *rules: dict[str, Any]) -> None:
        """Replace the fault script; none at all clears it."""
        await self.control("PUT", "faults", {"rules": list(rules)})

    async def log(self, tenant: str = TENANT) -> list[dict[str, Any]]:
        """Every call received, the oldest first."""
        return (await self.control("GET", f"log?tenant={tenant}"))["calls"]

    async def most_in_flight(self, tenant: str = TENANT) -> dict[str, int]:
        """The most writes ever in flight at once, by contract."""
        return (await self.control("GET", f"log?tenant={tenant}"))["mostInFlight"]

    async def time_entries(self, tenant: str = TENANT) -> list[dict[str, Any]]:
        """Everything the PSA keeps, but what another tool has put there."""
        items = (await self.control("GET", f"time-entries?tenant={tenant}"))["items"]
        return [item for item in items if item["externalRef"] != OF_ANOTHER_TOOL]

    async def tickets(self, tenant: str = TENANT) -> list[dict[str, Any]]:
        """Everything the PSA keeps."""
        return (await self.control("GET", f"tickets?tenant={tenant}"))["items"]

    async def invoice(self, *ids: str, tenant: str = TENANT) -> None:
        """Invoice these entries, or all."""
        await self.control("POST", "invoice", {"tenant": tenant, "ids": list(ids) or None})

    async def change(self, kind: str, thing_id: str, tenant: str = TENANT, **facts: Any) -> None:
        """Change a contract or a ticket (`kind` is contracts or tickets)."""
        await self.control("PUT", f"{kind}/{tenant}/{thing_id}", facts)

    async def remove(self, kind: str, thing_id: str, tenant: str = TENANT) -> None:
        """Let a contract or a ticket be gone."""
        await self.control("DELETE", f"{kind}/{tenant}/{thing_id}")

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Speak to the control surface; anything but 200 fails the test."""
        async with self._session.request(method, f"{self.base_url}/sandbox/{path}", json=body) as answer:
            document = await answer.json()
            assert answer.status == 200, document
            return document


@asynccontextmanager
async def running_sandbox(folder: Path, clock: Callable[[], float] = time.time) -> AsyncIterator[Sandbox]:
    """A sandbox on a free port of loopback, with its store in the folder."""
    store = Store(folder / "sandbox.db")
    runner = web.AppRunner(create_sandbox(store, clock), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession() as session:
            yield Sandbox(f"http://{host}:{port}", session)
    finally:
        await runner.cleanup()
        store.close()


class SandboxProcess:
    """A sandbox in a process of its own; dies when told and comes back with the same store and address."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._store = folder / "sandbox.db"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def base_url(self) -> str:
        """Where it answers while it lives."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start, and wait until it listens."""
        options = ("--port", str(self.port), "--store", str(self._store))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "psa.sandbox", *options, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(20):
            while not await self._listens():
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill -9."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


@asynccontextmanager
async def sandbox_process(folder: Path) -> AsyncIterator[tuple[SandboxProcess, Sandbox]]:
    """The process, started, and its control surface."""
    process = SandboxProcess(folder)
    await process.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield process, Sandbox(process.base_url, session)
    finally:
        await process.kill()
