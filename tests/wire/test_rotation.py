"""The PSA's key is changed in the middle of an export: it rests, and goes on with the new one."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from db.ledger.tables import OpState
from tests.wire.underway import LINES, exporting

if TYPE_CHECKING:
    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox

NEW_KEY = "canary-rotated-key-0123456789"
SAVE = """mutation ($key: String) { savePsaConnection(input: { integrationKey: $key }) {
  __typename ... on ProjectsError { code message }
} }"""


async def test_an_export_whose_key_is_rotated_rests_and_goes_on(database_url: str, sandbox: Sandbox):
    async with exporting(database_url, sandbox) as (asker, stage):
        users = [{"id": user.id, "email": user.email} for user in stage.place.users.values()]
        await sandbox.seed(stage.place.org, NEW_KEY, users=users, settings={"latencyMs": 150})
        async with asyncio.timeout(20):
            while not await _is_resting(stage):
                await asyncio.sleep(0.02)
        meanwhile = Counter(await stage.states())
        saved = await asker.ask(SAVE, key=NEW_KEY)
        await stage.until_done(60)
        kept = Counter(entry["externalRef"] for entry in await stage.kept())
        states = Counter(await stage.states())

    assert (meanwhile["REJECTED"], meanwhile["PENDING"] > 0) == (0, True)
    assert saved.json()["data"]["savePsaConnection"]["__typename"] == "SavePsaConnectionPayload"
    assert states == {"CONFIRMED": LINES}
    assert sorted(kept.values()) == [1] * LINES


async def _is_resting(stage: Stage) -> bool:
    """Tell whether the old key was refused, and nothing that carries it is under way any more."""
    ops = await stage.ops()
    return any(op.error_code == "PSA_BAD_CREDENTIALS" for op in ops) and all(op.state != OpState.SENT for op in ops)
