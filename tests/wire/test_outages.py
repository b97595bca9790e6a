"""A database that goes away, refuses or is held by somebody else: clients are told so, and no line is lost."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import time
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import pytest

from db.migrating import upgrade
from tests.postgres import Postgres
from tests.wire.underway import READ, code_of, exporting, wrong_at_the_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.psa_sandbox import Sandbox

WRITE = """mutation { createProject(input: { name: "Outage" }) {
  __typename ... on ProjectsError { code message }
} }"""
RECOVERS_IN = 10.0  # seconds
HOLD = """import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


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
    async with exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
        await asyncio.to_thread(own_postgres.crash)
        await asker.until(503)
        await asker.until(503, WRITE)
        await asyncio.to_thread(own_postgres.come_back)
        seconds = max(await asker.until(200), await asker.until(200, WRITE))
        wrong = await wrong_at_the_end(stage)

    assert seconds < RECOVERS_IN
    assert asker.said == {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert wrong == []


async def test_sessions_of_postgresql_are_ended_while_exports_and_reads_run(own_postgres: Postgres, sandbox: Sandbox):
    async with exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
        for _ in range(8):
            await asyncio.to_thread(own_postgres.end_sessions)
            await asyncio.gather(*(asker.ask(READ) for _ in range(10)))
        seconds = await asker.until(200)
        wrong = await wrong_at_the_end(stage)

    assert seconds < RECOVERS_IN
    assert asker.said <= {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert wrong == []


async def test_a_database_that_may_not_be_written_refuses_at_once_and_is_read_all_the_same(
    own_postgres: Postgres, sandbox: Sandbox
):
    async with exporting(await _migrated(own_postgres), sandbox) as (asker, stage):
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
    async with exporting(sqlite_url, sandbox) as (asker, stage):
        async with _held(sqlite_url):
            begun = time.monotonic()
            write = asyncio.create_task(asker.ask(WRITE))
            read = await asker.ask(READ)
            at_once, refused = time.monotonic() - begun, await write
            held = time.monotonic() - begun
            await asyncio.sleep(10 - held)
        seconds = await asker.until(200, WRITE)
        wrong = await wrong_at_the_end(stage)

    assert (read.status_code, at_once < 2) == (200, True)
    assert (refused.status_code, code_of(refused)) == (503, "DATABASE_UNAVAILABLE")
    assert seconds < RECOVERS_IN
    assert wrong == []


async def test_a_copy_of_file_and_log_from_the_middle_of_commits_is_whole(
    sqlite_url: str, sandbox: Sandbox, tmp_path: Path
):
    found = []
    async with exporting(sqlite_url, sandbox) as (asker, stage):
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
