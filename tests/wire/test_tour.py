"""The tour: every step against a real server and a real PSA, and the page that tells of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from db.organizations import Role
from db.session import Database
from schema.tour.pages import page
from schema.tour.playing import STEPS
from tests import given
from tests.outbox.stage import contract_of
from tests.psa_sandbox import ROOT
from tests.wire.serving import connect, token

if TYPE_CHECKING:
    from pathlib import Path

    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess


@pytest.fixture(scope="module")
async def place(database_url: str, sandbox: Sandbox) -> Workplace:
    """Store an organisation and make it a tenant of the sandbox."""
    database = Database(database_url)
    made = await given.workplace(database)
    key = _key(made)
    ticket = {"id": f"{made.org}-t-1", "number": "ACM-101", "title": "Printer on fire", "clientId": made.client.id}
    await sandbox.seed(
        made.org, key, clients=[{"id": made.client.id, "name": made.client.name}], tickets=[ticket],
        users=[{"id": user.id, "email": user.email} for user in made.users.values()],
        contracts=[contract_of(made.org, 1) | {"clientId": made.client.id}],
    )  # fmt: skip
    await connect(database, made, sandbox.base_url, key)
    await database.close()
    return made


async def test_every_step_goes_as_it_should(server: ServerProcess, place: Workplace):
    code, said = await _tour(server, place)

    assert (code, f"All {len(STEPS)} steps went as they should." in said) == (0, True), said


async def test_a_step_that_does_not_ends_the_tour(server: ServerProcess, place: Workplace):
    code, said = await _tour(server, place, shown="wrong")

    assert code == 1
    assert "401" in said
    assert "1. Who am I?" in said
    assert "2." not in said


async def test_without_a_server_the_tour_says_so(place: Workplace):
    code, said = await _tour("http://127.0.0.1:9", place)

    assert code == 1
    assert "does not answer" in said


def test_the_page_is_the_tour():
    assert (ROOT / "docs" / "tour.md").read_text("utf-8") == page()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_demo_starts_keeps_its_data_and_ends_with_all_its_processes(tmp_path: Path, database_url: str):
    first, url, process = await _demo(tmp_path, database_url)
    code, said = await _command("tour", "--url", url, env={"TOKEN": first["OWNER"], "INTEGRATION_KEY": first["key"]})
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


def _key(place: Workplace) -> str:
    return f"canary-integration-key-of-{place.org}"


async def _tour(server: ServerProcess | str, place: Workplace, shown: str | None = None) -> tuple[int, str]:
    url = server if isinstance(server, str) else server.url
    known = {"TOKEN": shown or token(place.org, place.users[Role.OWNER]), "INTEGRATION_KEY": _key(place)}
    return await _command("tour", "--url", url, env=known)


async def _command(*said: str, env: dict[str, str]) -> tuple[int, str]:
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", *said, cwd=ROOT, env={**os.environ, **env}, stdout=pipe,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await done.communicate()
    return done.returncode or 0, output.decode()


async def _demo(folder: Path, database_url: str) -> tuple[dict[str, str], str, asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", "demo", "--port", "0", "--folder", str(folder), cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url}, stdout=asyncio.subprocess.PIPE,
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


async def _interrupted(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        await process.wait()


async def _processes(folder: Path) -> list[str]:
    done = await asyncio.create_subprocess_exec("ps", "-eo", "args", stdout=asyncio.subprocess.PIPE)
    output, _ = await done.communicate()
    return [line for line in output.decode().splitlines() if str(folder) in line]
