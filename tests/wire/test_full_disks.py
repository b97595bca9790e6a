"""A disk that is full while lines are sent: clients are told so, and each entry arrives once when there is room."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from db.ledger.tables import OpState
from db.migrating import upgrade
from tests.kinds import NO_LOOKUP, only
from tests.postgres import NotStarted, Postgres
from tests.wire.disks import small_disk
from tests.wire.underway import READ, code_of, exporting, wrong_at_the_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox
    from tests.wire.disks import Disk
    from tests.wire.underway import Asker

FULL_FOR = 3.0  # seconds
RECOVERS_IN = 10.0  # seconds


@pytest.fixture(autouse=True)
def _stops_with_an_answer_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the server when the PSA has taken its third entry and nothing of that is written."""
    monkeypatch.setenv("FAILPOINTS", "export.answered=stop@3")


@only("A", "B", because=NO_LOOKUP)
async def test_sqlite_has_no_room_for_what_the_psa_answered(sqlite_template: Path, sandbox: Sandbox, tmp_path: Path):
    with small_disk(tmp_path / "disk", megabytes=16) as disk:
        file = shutil.copyfile(sqlite_template, disk.folder / "own.db")
        async with exporting(f"sqlite+aiosqlite:///{file}", sandbox) as (asker, stage):
            await asker.server.stopped()
            disk.fill()
            asker.server.go_on()
            told = await _told(asker, _write(stage))
            read, unwritten = await asker.ask(READ), await _unwritten(stage)
            disk.give_room()
            seconds = await asker.until(200, _write(stage))
            wrong = await wrong_at_the_end(stage)

    assert told == {(503, "DATABASE_UNAVAILABLE", "1")}
    assert (read.status_code, unwritten) == (200, 1)
    assert seconds < RECOVERS_IN
    assert asker.said == {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert wrong == []


async def test_a_table_of_postgresql_cannot_grow(sandbox: Sandbox):
    with _on_small_disk() as (server, disk):
        async with exporting(await _migrated(server), sandbox) as (asker, stage):
            await asker.server.stopped()
            disk.fill()
            asker.server.go_on()
            told, read = await _told(asker, _write(stage)), await asker.ask(READ)
            disk.give_room()
            seconds = await asker.until(200, _write(stage))
            wrong = await wrong_at_the_end(stage)

    assert told == {(503, "DATABASE_UNAVAILABLE", "1")}
    assert read.status_code == 200
    assert seconds < RECOVERS_IN
    assert asker.said == {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert wrong == []


@only("A", "B", because=NO_LOOKUP)
async def test_postgresql_gives_up_for_want_of_room_and_is_started_again(sandbox: Sandbox):
    with _on_small_disk() as (server, disk):
        async with exporting(await _migrated(server), sandbox) as (asker, stage):
            await asker.server.stopped()
            disk.fill()
            with pytest.raises(NotStarted, match="terminat"):  # PANIC; there is no room for its recovery either
                server.ask("CHECKPOINT")
            asker.server.go_on()
            told = await _told(asker, _write(stage))
            disk.give_room()
            with asker.server.frozen():
                server.crash()  # it is down already
                await asyncio.to_thread(server.come_back)
                unwritten = await _unwritten(stage)
            seconds = max(await asker.until(200), await asker.until(200, _write(stage)))
            wrong = await wrong_at_the_end(stage)

    assert told == {(503, "DATABASE_UNAVAILABLE", "1")}
    assert unwritten == 1
    assert seconds < RECOVERS_IN
    assert asker.said == {(200, None), (503, "DATABASE_UNAVAILABLE")}
    assert wrong == []


def _write(stage: Stage) -> str:
    wanted = f'{{ projectId: "{stage.place.project.id}", name: "{"Make room. " * 18}" }}'
    return f"mutation {{ createTask(input: {wanted}) {{ __typename ... on ProjectsError {{ code message }} }} }}"


async def _told(asker: Asker, write: str) -> set[tuple[int, str | None, str | None]]:
    """Write until that is refused, and go on for a while; return what was answered then."""
    await asker.until(503, write)
    until, answers = time.monotonic() + FULL_FOR, []
    while time.monotonic() < until:
        answers.append(await asker.ask(write))
        await asyncio.sleep(0.1)
    return {(each.status_code, code_of(each), each.headers.get("retry-after")) for each in answers}


async def _unwritten(stage: Stage) -> int:
    """Count the lines that the PSA has and the ledger does not know to be there."""
    kept = {entry["externalRef"] for entry in await stage.kept()}
    return len([op for op in await stage.ops() if op.external_ref in kept and op.state is not OpState.CONFIRMED])


@contextmanager
def _on_small_disk() -> Iterator[tuple[Postgres, Disk]]:
    """Start a PostgreSQL and move its data to a disk of their own; nothing is vacuumed, which would make room."""
    with Postgres(autovacuum="off") as server, small_disk(server.folder / "disk", megabytes=80) as disk:
        server.crash()
        data = server.folder / "data"
        subprocess.run(["cp", "-a", data, disk.folder], check=True)
        shutil.rmtree(data)
        data.symlink_to(disk.folder / "data")
        server.come_back()
        yield server, disk
        server.crash()


async def _migrated(server: Postgres) -> str:
    url = server.create_database("stage")
    await asyncio.to_thread(upgrade, url)
    return url
