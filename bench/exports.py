"""How fast exports go: python -m bench.exports --lines 10000. Lines a second, against the ideal, and memory.

The PSA answers after 50 ms and counts no calls. Ideal is lines x latency / requests allowed in flight.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from sqlalchemy import func, select

from db.exports.batches import ExportPolicy
from db.exports.requests import request
from db.ledger.tables import OpState, OutboundOp
from db.migrating import upgrade
from db.session import Database
from psa.connections import PsaConnections, PsaCredentials
from psa.reach import Clock, Reach
from resolvers.outbox.outboxes import Outbox
from resolvers.workers import Worker
from tests.crash.grounds import lay
from tests.postgres import Postgres
from tests.psa_sandbox import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psa.port import Psa
    from tests.crash.grounds import Ground

REACH = Reach(allow_private=True)
CONTRACTS, LATENCY, A_BATCH = 8, 0.05, 200
IN_FLIGHT = min(CONTRACTS, REACH.places)
# As a server has it that must survive a power cut; the tests' own do not.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def main() -> None:
    """Measure on the databases that were asked for."""
    options = argparse.ArgumentParser(prog="bench.exports", description="How fast exports go.")
    options.add_argument("--lines", type=int, default=10_000)
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    chosen = options.parse_args()
    for backend in ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,):
        with tempfile.TemporaryDirectory() as folder, _database(backend, Path(folder)) as url:
            upgrade(url)
            print(f"{backend}: {uvloop.run(_measured(url, Path(folder), chosen.lines))}", flush=True)


async def _measured(url: str, folder: Path, lines: int) -> str:
    database, roads = Database(url), PsaConnections(REACH, Clock())
    async with sandbox_process(folder) as (psa, sandbox):
        ground = await lay(database, sandbox, random.Random(1), lines, CONTRACTS)  # noqa: S311 - the same each time
        await sandbox.settings(latencyMs=LATENCY * 1000)
        credentials = PsaCredentials(ground.tenant, psa.base_url, ground.key)

        async def psa_for(org_id: str) -> Psa:
            return roads.psa_for(org_id, credentials)

        await _ask(database, ground)
        worker, before, began = Worker(Outbox(database, psa_for)), _resident(), time.perf_counter()
        cpu = time.process_time()
        worker.start()
        while await _open(database, ground):  # noqa: ASYNC110 - it is the database that knows
            await asyncio.sleep(0.5)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        await worker.stop()
    await roads.close()
    await database.close()
    ideal = lines * LATENCY / IN_FLIGHT
    return (
        f"{lines} lines in {took:.1f} s, {lines / took:.1f} a second, {took / ideal:.2f} x the ideal {ideal:.1f} s;"
        f" {cpu / lines * 1000:.1f} ms of this process's time a line;"
        f" memory {before:.1f} -> {_resident():.1f} MiB"
    )


async def _ask(database: Database, ground: Ground) -> None:
    """Ask for all of it: batches of 200, the contracts one after the other."""
    for project_id, entry_ids in ground.entries.items():
        for start in range(0, len(entry_ids), A_BATCH):
            some = entry_ids[start : start + A_BATCH]
            said = {"policy": ExportPolicy.BEST_EFFORT, "idempotency_key": some[0], "now": datetime.now(UTC)}
            async with database.write(ground.tenant) as session:
                await request(session, ground.place.viewer(), project_id, some, **said)


async def _open(database: Database, ground: Ground) -> int:
    async with database.read(ground.tenant) as session:
        still = OutboundOp.state != OpState.CONFIRMED
        return await session.scalar(select(func.count()).where(still)) or 0


def _resident() -> float:
    """Return this process's memory in MiB; the PSA's and PostgreSQL's are not in it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def _database(backend: str, folder: Path) -> Iterator[str]:
    if backend == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/ledger.db"
        return
    with Postgres(None, **DURABLE) as server:
        yield server.create_database("ledger")


if __name__ == "__main__":
    main()
