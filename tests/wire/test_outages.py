"""A database that goes away, refuses or is held by somebody else: clients are told so, and no line is lost."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from db.migrating import upgrade
from db.organizations import Role
from db.session import Database
from tests.outbox.stage import set_stage
from tests.postgres import Postgres
from tests.psa_sandbox import KEY
from tests.wire.serving import connect, server_process, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess

# Shorter than in life, in the same order.
HASTY = {"send_seconds": 1.0, "lease_seconds": 6.5, "quarantine_seconds": 1.5, "log_level": "CRITICAL"}
READ = "{ projects(first: 1) { nodes { id name } } }"
WRITE = """mutation { createProject(input: { name: "Outage" }) {
  __typename ... on ProjectsError { code message }
} }"""
LINES = 12
RECOVERS_IN = 10.0  # seconds
HOLD = """import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Asker:
    """A client that keeps asking, and keeps what it was answered."""

    def __init__(self, server: ServerProcess, stage: Stage) -> None:
        owner = f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"
        self._client = httpx2.AsyncClient(headers={"authorization": owner}, timeout=30)
        self.server = server
        self.answers: list[httpx2.Response] = []

    async def ask(self, query: str) -> httpx2.Response:
        answer = await self._client.post(f"{self.server.url}/graphql", json={"query": query})
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
        return {(answer.status_code, _code(answer)) for answer in self.answers}

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give a test a SQLite file of its own."""
    return f"sqlite+aiosqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'own.db')}"


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL that a test may hurt."""
    with Postgres() as server:
        yield server


async def test_postgresql_crashes_in_an_export_and_comes_back(own_postgres: Postgres, sandbox: Sandbox):
    async with _exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
        await asyncio.to_thread(own_postgres.crash)
        await asker.until(503)
        await asker.until(503, WRITE)
        await asyncio.to_thread(own_postgres.come_back)
        seconds = max(await asker.until(200), await asker.until(200, WRITE))
        await stage.until_done(60)
        kept = Counter(entry["externalRef"] for entry in await stage.kept())

    assert seconds < RECOVERS_IN
    assert asker.said == {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert sorted(kept.values()) == [1] * LINES


async def test_sessions_of_postgresql_are_ended_while_exports_and_reads_run(own_postgres: Postgres, sandbox: Sandbox):
    async with _exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
        for _ in range(8):
            await asyncio.to_thread(own_postgres.end_sessions)
            await asyncio.gather(*(asker.ask(READ) for _ in range(10)))
        seconds = await asker.until(200)
        await stage.until_done(60)
        kept = Counter(entry["externalRef"] for entry in await stage.kept())

    assert seconds < RECOVERS_IN
    assert asker.said <= {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert sorted(kept.values()) == [1] * LINES


async def test_a_database_that_may_not_be_written_refuses_at_once_and_is_read_all_the_same(
    own_postgres: Postgres, sandbox: Sandbox
):
    async with _exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
        await stage.until_done(60)
        own_postgres.ask("ALTER DATABASE stage SET default_transaction_read_only = on")
        own_postgres.end_sessions()
        await asker.until(200)
        await asker.until(503, WRITE)
        begun = time.monotonic()
        refused, read = await asker.ask(WRITE), await asker.ask(READ)
        seconds = time.monotonic() - begun

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["errors"][0]["extensions"]["retryable"] is True
    assert "read-only" not in refused.text
    assert read.status_code == 200
    assert seconds < 2


async def test_a_write_lock_that_another_process_holds_is_told_and_passes(sqlite_url: str, sandbox: Sandbox):
    async with _exporting(sqlite_url, sandbox) as (asker, stage):
        async with _held(sqlite_url):
            begun = time.monotonic()
            write = asyncio.create_task(asker.ask(WRITE))
            read = await asker.ask(READ)
            at_once, refused = time.monotonic() - begun, await write
            held = time.monotonic() - begun
            await asyncio.sleep(10 - held)
        seconds = await asker.until(200, WRITE)
        await stage.until_done(60)
        kept = Counter(entry["externalRef"] for entry in await stage.kept())

    assert (read.status_code, at_once < 2) == (200, True)
    assert (refused.status_code, _code(refused)) == (503, "DATABASE_UNAVAILABLE")
    assert seconds < RECOVERS_IN
    assert sorted(kept.values()) == [1] * LINES


async def test_a_copy_of_file_and_log_from_the_middle_of_commits_is_whole(
    sqlite_url: str, sandbox: Sandbox, tmp_path: Path
):
    found = []
    async with _exporting(sqlite_url, sandbox) as (asker, stage):
        for number in range(5):
            await asker.ask(WRITE)
            confirmed = (await stage.states()).count("CONFIRMED")
            with asker.server.frozen():  # as a power cut would find both files
                copy = _copied(sqlite_url, tmp_path / f"{number}.db")
            found.append(_judged(copy, confirmed))
        await stage.until_done(60)

    assert found == [("ok", True)] * 5


async def _migrated(server: Postgres) -> str:
    url = server.create_database("stage")
    await asyncio.to_thread(upgrade, url)
    return url


@asynccontextmanager
async def _exporting(url: str, sandbox: Sandbox) -> AsyncIterator[tuple[Asker, Stage]]:
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


@asynccontextmanager
async def _held(url: str) -> AsyncIterator[None]:
    """Let another process hold the write lock of a file."""
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, _file(url), stdin=pipe, stdout=pipe)
    assert holder.stdout is not None
    await holder.stdout.readline()
    try:
        yield
    finally:
        holder.kill()  # the kernel lets go of its lock
        await holder.wait()


def _copied(url: str, to: Path) -> Path:
    for ending in ("", "-wal"):
        shutil.copyfile(_file(url) + ending, f"{to}{ending}")
    return to


def _judged(copy: Path, confirmed: int) -> tuple[str, bool]:
    """Open a copy; tell what SQLite thinks of it, and whether all that had been confirmed is there."""
    with closing(sqlite3.connect(copy)) as opened:
        (verdict,) = opened.execute("PRAGMA integrity_check").fetchone()
        (found,) = opened.execute("SELECT count(*) FROM outbound_ops WHERE state = 'CONFIRMED'").fetchone()
    return verdict, found >= confirmed


def _file(url: str) -> str:
    return url.removeprefix("sqlite+aiosqlite:///")


def _code(answer: httpx2.Response) -> str | None:
    errors = answer.json().get("errors")
    return errors and errors[0]["extensions"]["code"]
