"""Worker processes of a crash run: the real outbox, or a variant that must be seen to fail.

They are forked from one that has everything imported, so that a thousand deaths do not cost an hour of imports.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from db.ledger.settlements import Outcome, settle
from db.ledger.tables import OpKind, OpState
from db.session import Database
from psa.connections import PsaConnections, PsaCredentials
from psa.errors import PsaError, PsaNotConfigured
from psa.reach import Reach
from resolvers.outbox import errands, outboxes
from resolvers.outbox.errands import Errand, Found
from resolvers.outbox.outboxes import Outbox
from resolvers.outbox.settings import OutboxSettings
from resolvers.outbox.turns import Turn
from resolvers.workers import Worker
from tests.outbox.stage import FAST_CLOCK

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

    from db.ledger.claims import Claimed
    from psa.port import Psa

# The protocol's times, thirty times shorter. Q is still longer than the longest late commit and list lag together.
PACE = OutboxSettings(
    lease=2.0, total_timeout=0.8, deadline_margin=0.2, quarantine=2.5, base_backoff=0.05, max_backoff=0.5,
    poll_interval=0.25, probe_lifetime=600.0,
)  # fmt: skip
REACH = Reach(allow_private=True, write_seconds=0.7, read_seconds=0.7)


class Variant(StrEnum):
    """The protocol, and five ways to get it wrong."""

    SOUND = "sound"
    PLAIN_RETRY = "plain retry"
    MARK_BEFORE_SEND = "mark before send"
    SHORT_QUARANTINE = "short quarantine"
    BLIND_TICKETS = "plain retry of tickets"
    HOPEFUL_VOIDS = "voids that hear nothing"


@dataclass(frozen=True, slots=True)
class Post:
    """Where a worker works: everything it is told."""

    database_url: str
    psa_url: str
    tenant: str
    key: str
    variant: Variant


class MarkedBeforeSent(Turn):
    """Writes success down before it sends: what dies in between is lost."""

    async def _mark(self) -> bool:
        marked = await Turn._mark(self)
        async with self.outbox.database.write(self.op.org_id) as session:
            now = await self.outbox.clock(session)
            await settle(session, self.op, Outcome(OpState.CONFIRMED, remote_id="hoped for"), [], now)
        return marked


async def _remove_and_hope(psa: Psa, op: Claimed) -> Found:
    """Take any answer, and none, for a removal."""
    with suppress(PsaError):
        await psa.remove_time(op.payload["remote_id"])
    return Found(op.payload["remote_id"])


def spawn(post: Post, failpoints: str) -> ForkServerProcess:
    """Start a worker that will pass these fail points."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_live, args=(post, failpoints), daemon=True)
    process.start()
    return process


def _live(post: Post, failpoints: str) -> None:
    os.environ["FAILPOINTS"] = failpoints
    logging.disable(logging.ERROR)
    asyncio.run(_work(post))


async def _work(post: Post) -> None:
    roads = PsaConnections(REACH, FAST_CLOCK)

    async def psa_for(org_id: str) -> Psa:
        if org_id != post.tenant:
            raise PsaNotConfigured("another run's organisation")
        return roads.psa_for(org_id, PsaCredentials(post.tenant, post.psa_url, post.key))

    Worker(Outbox(Database(post.database_url, pool_size=5), psa_for, _pace(post.variant))).start()
    harness = multiprocessing.parent_process()
    while harness and harness.is_alive():
        await asyncio.sleep(1)


def _pace(variant: Variant) -> OutboxSettings:
    """Return the settings, and spoil the process where the variant says so."""
    time, ticket, void = (errands.ERRANDS[kind] for kind in (OpKind.TIME, OpKind.TICKET, OpKind.VOID))
    if variant is Variant.PLAIN_RETRY:
        errands.ERRANDS[OpKind.TIME] = Errand(time.send, time.finish)
    if variant is Variant.BLIND_TICKETS:
        errands.ERRANDS[OpKind.TICKET] = Errand(ticket.send, ticket.finish, is_urgent=True)
    if variant is Variant.HOPEFUL_VOIDS:
        errands.ERRANDS[OpKind.VOID] = Errand(_remove_and_hope, void.finish)
    if variant is Variant.MARK_BEFORE_SEND:
        outboxes.Turn = MarkedBeforeSent
    if variant is Variant.SHORT_QUARANTINE:
        return replace(PACE, quarantine=0.0)
    return PACE
