"""A restored database under the real server: noticed at its start, visible to everybody, and made safe by hand."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from db.exports.tables import ExportLine
from db.ledger.tables import INCARNATION, OutboundAttempt, OutboundOp, OutboundSender
from db.session import Database
from tests.kinds import NO_LOOKUP, only
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY, ROOT
from tests.wire.serving import Front, ServerProcess, connect, environment, served, settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox

EXPORT = """mutation Export($input: ExportTimeEntriesInput!) {
  exportTimeEntries(input: $input) {
    ... on ExportTimeEntriesPayload {
      lines { state code message }
      batch { id status lines { nodes { errorCode errorMessage } } }
    }
  }
}"""
SINCE = "2026-01-01T00:00:00Z"
HASTY = {"send_seconds": 1, "quarantine_seconds": 1}


@pytest.fixture
async def stage(database_url: str, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """Store an organisation with a PSA that answers; forget the ledger afterwards: a recovery is about all of it."""
    database = Database(database_url)
    made = await set_stage(database, sandbox)
    await connect(database, made.place, sandbox.base_url, f"{KEY}-{made.place.org}")
    yield made
    async with database.write(None) as session:
        for table in (ExportLine, OutboundAttempt, OutboundOp, OutboundSender, INCARNATION):
            await session.execute(delete(table))
    await sandbox.faults()
    await made.close()
    await database.close()


async def test_a_node_without_a_file_begins_one_and_goes_on_with_it(stage: Stage, tmp_path: Path):
    said = []
    for _ in range(2):
        async with served(_settings(stage, tmp_path)) as client:
            said.append((await client.get("/readyz")).json())

    assert said == [{"status": "ready"}] * 2
    assert datetime.fromisoformat((tmp_path / "node").read_text()) <= datetime.now(UTC)


async def test_exports_of_a_restored_ledger_are_held_visibly(stage: Stage, tmp_path: Path):
    await _restored(stage, tmp_path)
    entries = await stage.entries(1)

    async with served(_settings(stage, tmp_path)) as client:
        ready = await client.get("/readyz")
        front = Front(client, stage.database, stage.place, "")
        answer = (await front.ask(EXPORT, input=_wish(stage, entries))).json()["data"]["exportTimeEntries"]

    assert (ready.status_code, ready.json()["status"], ready.json()["exports"]) == (200, "ready", "suspended")
    assert "ledger recover" in ready.json()["why"]
    (line,) = answer["lines"]
    assert (line["state"], line["code"]) == ("PENDING", "EXPORTS_SUSPENDED")
    (kept,) = answer["batch"]["lines"]["nodes"]
    assert (answer["batch"]["status"], kept["errorCode"]) == ("RUNNING", "EXPORTS_SUSPENDED")
    assert line["message"] == kept["errorMessage"]
    assert await stage.calls("POST") == []


@only("A", "B", because=NO_LOOKUP)
async def test_recovering_finds_what_was_sent_and_lets_exports_go_on(stage: Stage, tmp_path: Path):
    await stage.export(await stage.entries(2))
    await stage.settle(stage.outbox())
    await _restored(stage, tmp_path)
    server = ServerProcess(_url(stage), node_file=tmp_path / "node", log_level="CRITICAL", **HASTY)
    await server.start()
    await stage.export(await stage.entries(1))

    before = await _ledger(stage, "status")
    recovered = await _ledger(stage, "recover", "--since", SINCE, "--patience", "20")
    after = await _ledger(stage, "status")
    await stage.until_done()
    await server.stop()

    assert (before[0], "suspended" in before[1]) == (1, True)
    assert (recovered[0], after) == (0, (0, "Exports go on.\n"))
    assert "1 open lines are in doubt; 2 confirmed ones are looked up once more" in recovered[1]
    assert await stage.states() == ["CONFIRMED"] * 3
    assert len(await stage.sends()) == 3


async def test_what_gets_no_answer_keeps_exports_suspended_until_a_person_resumes(stage: Stage, tmp_path: Path):
    await _restored(stage, tmp_path)
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "status", "status": 500})

    recovered = await _ledger(stage, "recover", "--since", SINCE, "--patience", "0.5")
    held = await _ledger(stage, "status")
    resumed = await _ledger(stage, "resume")

    assert recovered[0] == 1
    assert "1 of 1 got no answer: exports stay suspended" in recovered[1]
    assert (held[0], resumed) == (1, (0, "Exports go on.\n"))


def test_a_node_that_cannot_compare_does_not_start(tmp_path: Path):
    said = environment(f"sqlite:///{tmp_path}/empty.db", node_file=tmp_path / "node")

    done = subprocess.run(
        [sys.executable, "app.py", "serve"], cwd=ROOT, env=said, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "is the database up, and migrated?" in done.stderr
    assert "SELECT" not in done.stderr


@pytest.mark.parametrize("since", [[], ["--since", "yesterday"], ["--since", "2026-11-23T10:00:00"]])
async def test_a_recovery_wants_a_moment_with_its_zone(stage: Stage, since: list[str]):
    code, said = await _ledger(stage, "recover", *since)

    assert (code, "--since 2026-11-23T10:00:00Z" in said) == (1, True)


def _url(stage: Stage) -> str:
    return stage.database.url.render_as_string(hide_password=False)


def _settings(stage: Stage, folder: Path) -> Any:
    return settings(_url(stage), node_file=folder / "node")


def _wish(stage: Stage, entries: list[Any]) -> dict[str, Any]:
    ids = [entry.id for entry in entries]
    return {"projectId": stage.place.project.id, "timeEntryIds": ids, "idempotencyKey": "held"}


async def _restored(stage: Stage, folder: Path) -> None:
    """Let a node remember a ledger that is an hour ahead of the one that is there."""
    now = datetime.now(UTC)
    (folder / "node").write_text(now.isoformat())
    async with stage.database.write(None) as session:
        await session.execute(delete(INCARNATION))
        await session.execute(INCARNATION.insert().values(id=1, advanced_at=now - timedelta(hours=1)))


async def _ledger(stage: Stage, *said: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "app.py", "ledger", *said, cwd=ROOT, env=environment(_url(stage), **HASTY),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()
