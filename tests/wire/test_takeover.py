"""Two nodes on one PostgreSQL: what one of them had in hand when it was killed, the other brings to its end."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx2
import pytest

from db.organizations import Role
from db.session import Database
from tests.kinds import NO_LOOKUP, only
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY
from tests.wire.serving import ServerProcess, connect, server_process, token
from tests.wire.test_kill import EXPORT, HASTY, ask, finished

if TYPE_CHECKING:
    from tests.psa_sandbox import Sandbox

ENTRIES = 12  # the mortal node takes three, the other one has the rest
HEALED = 6.5 + 1.5 + 5  # seconds: lease, quarantine, and five more (reliability 8)


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("place", ["export.claimed=kill@3", "export.marked=kill@3", "export.settling=kill@3"])
async def test_the_work_of_a_dead_node_is_taken_over_by_another(database_url: str, sandbox: Sandbox, place: str):
    database = Database(database_url)
    stage = await set_stage(database, sandbox)
    await connect(database, stage.place, sandbox.base_url, f"{KEY}-{stage.place.org}")
    entries = await stage.entries(ENTRIES)
    asked = {
        "projectId": stage.place.project.id, "timeEntryIds": [entry.id for entry in entries], "idempotencyKey": "once",
    }  # fmt: skip
    owner = {"authorization": f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"}

    mortal = ServerProcess(database_url, **HASTY)

    async with httpx2.AsyncClient(headers=owner, timeout=30) as client, server_process(database_url, **HASTY) as other:
        await mortal.start(FAILPOINTS=place)
        with other.frozen(), pytest.raises(httpx2.TransportError):  # else it might have all but two of the lines itself
            await ask(client, mortal, EXPORT, input=asked)
        code, died = await mortal.died(), time.monotonic()
        again = (await ask(client, other, EXPORT, input=asked))["exportTimeEntries"]
        batch = await finished(client, other, again["batch"]["id"])
        took = time.monotonic() - died

    kept = Counter(entry["externalRef"] for entry in await stage.kept())
    assert (code, again["replayed"]) == (-9, True)
    assert batch == {"status": "SUCCEEDED", "counts": {"confirmed": ENTRIES}}
    assert sorted(kept.values()) == [1] * ENTRIES
    assert took < HEALED
    await stage.close()
    await database.close()
