"""How long a kill is felt: another node takes over within the lease, and where in doubt the quarantine too."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.ledger.tables import OpState, OutboundOp
from db.session import Database
from tests.crash.grounds import lay
from tests.crash.workers import PACE, Post, Variant, spawn
from tests.given import NOW
from tests.kinds import NO_LOOKUP, only
from tests.psa_sandbox import sandbox_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.grounds import Ground

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]
DOUBTLESS, IN_DOUBT = PACE.lease + 5, PACE.lease + PACE.quarantine + 5


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize(
    ("place", "limit"),
    [("export.claimed", DOUBTLESS), ("export.marked", IN_DOUBT), ("export.answered", DOUBTLESS)],
)
async def test_another_node_finishes_what_a_dead_one_held(database_url: str, tmp_path: Path, place: str, limit: float):
    database = Database(database_url)
    async with sandbox_process(tmp_path) as (psa, sandbox):
        ground = await lay(database, sandbox, random.Random(1), 1, 1)  # noqa: S311 - chance that can be played again
        post = Post(database_url, psa.base_url, ground.tenant, ground.key, Variant.SOUND)
        await _ask(database, ground)
        doomed = spawn(post, f"{place}=kill@1")
        await asyncio.to_thread(doomed.join, 20)
        killed_at, heir = time.monotonic(), spawn(post, "")

        while await _state(database, ground.tenant) is not OpState.CONFIRMED:
            assert time.monotonic() - killed_at < limit
            await asyncio.sleep(0.05)

        heir.kill()
        heir.join()
        posts = [call for call in await sandbox.log(ground.tenant) if call["method"] == "POST"]
    await database.close()
    assert doomed.exitcode == -signal.SIGKILL
    assert len(posts) == 1


async def _ask(database: Database, ground: Ground) -> None:
    said: dict[str, Any] = {"policy": ExportPolicy.BEST_EFFORT, "idempotency_key": "key", "now": NOW}
    ((project_id, entry_ids),) = ground.entries.items()
    async with database.write(ground.tenant) as session:
        await request(session, ground.place.viewer(), project_id, entry_ids, **said)


async def _state(database: Database, tenant: str) -> OpState:
    async with database.read(tenant) as session:
        return (await session.scalars(select(OutboundOp.state))).one()
