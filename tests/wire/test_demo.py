"""The demo as `make run` starts it: what it leaves, what it keeps, and that nothing of it goes on.

It has a database of its own: another server there, with other secrets, would take its exports and could not send them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.psa_sandbox import ROOT
from tests.wire.serving import command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_demo_starts_keeps_its_data_and_ends_with_all_its_processes(tmp_path: Path, database_url: str):
    first, url, process = await _demo(tmp_path, database_url)
    code, said = await command("tour", "--url", url, env={"TOKEN": first["OWNER"], "INTEGRATION_KEY": first["key"]})
    await _interrupted(process)
    secrets = (tmp_path / "secrets.json").read_bytes()
    again, _, process = await _demo(tmp_path, database_url)
    await _interrupted(process)

    assert code == 0, said
    assert (tmp_path / "secrets.json").read_bytes() == secrets
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert sorted(again) == sorted(first)
    assert (tmp_path / "ledger.mark").exists()
    assert await _processes(tmp_path) == []


async def _demo(folder: Path, database_url: str) -> tuple[dict[str, str], str, asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", "demo", "--port", "0", "--folder", str(folder), cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url}, stdout=asyncio.subprocess.PIPE,
        preexec_fn=_heed_interrupts,
    )  # fmt: skip
    assert process.stdout is not None
    shown: dict[str, str] = {}
    async with asyncio.timeout(100):
        async for raw in process.stdout:
            words = raw.decode().split()
            if len(words) == 2 and words[0].isupper():
                shown[words[0]] = words[1]
            if "X-Integration-Key" in raw.decode():
                shown["key"] = words[-1]
            if words[:2] == ["make", "tour"]:
                return shown, words[2].removeprefix("URL="), process
    raise AssertionError(shown)


def _heed_interrupts() -> None:
    """What a shell starts in its background ignores SIGINT, and so does whatever that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def _interrupted(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        await process.wait()


async def _processes(folder: Path) -> list[str]:
    done = await asyncio.create_subprocess_exec("ps", "-eo", "args", stdout=asyncio.subprocess.PIPE)
    output, _ = await done.communicate()
    return [line for line in output.decode().splitlines() if str(folder) in line]
