"""Real processes, really killed: worker and PSA each on their own, the ledger on both databases (reliability 3.5)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.kinds import ENDS
from tests.outbox.checks import flaws
from tests.outbox.stage import HASTY, set_stage, until
from tests.psa_sandbox import KEY, ROOT, sandbox_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from db.session import Database
    from tests.outbox.stage import Stage
    from tests.psa_sandbox import SandboxProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
Process = asyncio.subprocess.Process


@pytest.fixture
async def apart(database: Database, tmp_path: Path) -> AsyncIterator[tuple[Stage, SandboxProcess]]:
    """Set the stage with a PSA in a process of its own."""
    async with sandbox_process(tmp_path) as (process, sandbox):
        stage = await set_stage(database, sandbox)
        yield stage, process
        await stage.close()


async def test_killed_at_every_point_in_turn_the_outbox_brings_every_line_home_once(
    apart: tuple[Stage, SandboxProcess], database_url: str
):
    stage, _ = apart
    await stage.export(await stage.entries(12))

    for script in ("claimed=kill@1", "marked=kill@2", "answered=kill@2", "settled=kill@1", "marked=kill@1"):
        async with _worker(stage, database_url, f"export.{script}") as worker:
            assert await asyncio.wait_for(worker.wait(), 20) == -signal.SIGKILL, script
    async with _worker(stage, database_url):
        await stage.until_done()

    assert set(await stage.states()) <= ENDS
    assert len(await stage.kept()) >= 12 - await stage.parked()
    assert await flaws(stage) == []


async def test_a_worker_frozen_after_its_marker_sends_nothing_when_it_thaws(
    apart: tuple[Stage, SandboxProcess], database_url: str
):
    stage, _ = apart
    await stage.export(await stage.entries(3))

    # One lane: another could be frozen with SQLite's only lock in its hands, and nobody would get on until it thaws.
    async with _worker(stage, database_url, "export.marked=stop@1", lanes=1) as frozen:
        await _until_stopped(frozen)
        async with _worker(stage, database_url):
            await stage.until_done()
        frozen.send_signal(signal.SIGCONT)
        await asyncio.sleep(HASTY.total_timeout)

    assert set(await stage.states()) <= ENDS
    assert len(await stage.calls("POST")) == 3 - await stage.parked()
    assert await flaws(stage) == []


async def test_a_psa_that_dies_and_comes_back_gets_every_line_once(
    apart: tuple[Stage, SandboxProcess], database_url: str
):
    stage, psa = apart
    await stage.export(await stage.entries(10))
    await stage.sandbox.settings(latencyMs=50)

    async def has_begun() -> bool:
        return (await stage.states()).count("CONFIRMED") >= 2

    async with _worker(stage, database_url):
        await until(has_begun)
        await psa.kill()
        await asyncio.sleep(0.3)
        await psa.start()
        await stage.until_done()

    assert set(await stage.states()) <= ENDS
    assert len(await stage.kept()) >= 10 - await stage.parked()
    assert await flaws(stage) == []


@asynccontextmanager
async def _worker(
    stage: Stage, database_url: str, failpoints: str = "", lanes: int = HASTY.lanes
) -> AsyncIterator[Process]:
    said = (database_url, stage.sandbox.base_url, stage.place.org, f"{KEY}-{stage.place.org}", str(lanes))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.outbox.worker_process",
        *said,
        cwd=ROOT,
        env=os.environ | {"FAILPOINTS": failpoints},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until_stopped(process: Process) -> None:
    async def is_stopped() -> bool:
        how = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, how) is not None  # noqa: ASYNC222 - WNOHANG: it does not wait

    await until(is_stopped)
