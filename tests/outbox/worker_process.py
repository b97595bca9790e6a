"""A process that does nothing but take turns, so that a test can end or freeze it: `DATABASE PSA TENANT KEY LANES`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from db.session import Database
from psa.connections import PsaConnections, PsaCredentials
from psa.errors import PsaNotConfigured
from resolvers.outbox.outboxes import Outbox
from resolvers.workers import Worker
from tests.outbox.stage import FAST_CLOCK, HASTY, REACH


async def main(database_url: str, psa_url: str, tenant: str, key: str, lanes: str) -> None:
    """Take turns until the process is ended."""
    roads = PsaConnections(REACH, FAST_CLOCK)

    async def psa_for(org_id: str) -> object:
        if org_id != tenant:
            raise PsaNotConfigured("another test's organisation")
        return roads.psa_for(org_id, PsaCredentials(tenant, psa_url, key))

    settings = replace(HASTY, lanes=int(lanes))
    Worker(Outbox(Database(database_url), psa_for, settings)).start()  # pyright: ignore[reportArgumentType]
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
