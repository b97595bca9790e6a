"""One run: lines, kills and faults out of one seed, until all is quiet; then the three books are read."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.ledger.settlements import PARKED
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.session import Database
from tests.crash import checker
from tests.crash.clients import Client
from tests.crash.grounds import lay
from tests.crash.histories import History, gathered, watch
from tests.crash.nemesis import MOMENT, Nemesis
from tests.crash.workers import PACE, Post, Variant
from tests.psa_sandbox import sandbox_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.checker import Flaw
    from tests.crash.grounds import Ground

AHEAD = 40  # lines that may be under way before their share of the kills has happened
MOST = 0.8
FINAL = (OpState.CONFIRMED, OpState.REJECTED, OpState.VOIDED)
A_SHARE = 5  # of so many lines one is taken back, and one ticket is opened beside them
HEALS_WITHIN = PACE.lease + PACE.quarantine + 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is made of; the same plan draws the same blows."""

    lines: int
    kills: int
    seed: int
    variant: Variant = Variant.SOUND
    psa: str = "B"
    workers: int = 4
    contracts: int = 24
    patience: float = 90.0


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was, and what it left; times in seconds."""

    plan: Plan
    history: History
    flaws: list[Flaw]
    deaths: Counter[str]
    freezes: int
    healed: float
    took: float

    def summary(self) -> str:
        """Say in a few lines what happened and what came of it."""
        faults = Counter(call["fault"] for call in self.history.calls if call["fault"])
        methods = Counter(call["method"] for call in self.history.calls)
        states = {kind: Counter(op.state.value for op in self.history.ops_of(kind)) for kind in OpKind}
        ends = ", ".join(f"{sum(of.values())} {kind} {dict(sorted(of.items()))}" for kind, of in states.items())
        kills = sum(self.deaths.values()) - self.deaths["psa"]
        plan, double, gone = self.plan, checker.duplicates(self.history), checker.lost(self.history)
        shown, kept = checker.found_by_audit(self.history), checker.still_there(self.history)
        return (
            f"{plan.variant}, PSA of kind {plan.psa}: seed {plan.seed}, {ends},"
            f" {kills} kills, {self.freezes} freezes, {self.took:.0f} s,"
            f" quiet {self.healed:.1f} s after the last blow\n"
            f"  killed at: {dict(sorted(self.deaths.items()))}\n"
            f"  PSA: {len(self.history.calls)} calls, {methods['POST']} POST, {methods['DELETE']} DELETE,"
            f" faults {sum(faults.values())} {dict(sorted(faults.items()))}\n"
            f"  {len(double)} duplicates, {len(gone)} lost, {len(kept)} voided and still there,"
            f" {len(shown)} shown to a person, {len(self.flaws)} flaws"
        )

    def story(self) -> str:
        """Tell seed, flaws, and the whole history of the first offending line."""
        told = [self.summary(), *map(str, self.flaws[:20])]
        first = next((flaw.external_ref for flaw in self.flaws if flaw.external_ref), None)
        known = any(op.external_ref == first for op in self.history.ops)
        return "\n".join(told + (self.history.of(first) if first and known else []))


async def run(plan: Plan, database_url: str, folder: Path) -> Run:
    """Play a plan against a migrated database, with a PSA in a process of its own."""
    began, database = time.monotonic(), Database(database_url)
    dice = random.Random(plan.seed)  # noqa: S311 - chance that can be played again
    try:
        async with sandbox_process(folder) as (psa, sandbox):
            await watch(database)
            share = plan.lines // A_SHARE
            of = {"tickets": share, "voids": share, "psa": plan.psa}
            ground = await lay(database, sandbox, dice, plan.lines, plan.contracts, **of)
            await sandbox.settings(latencyMs=20)
            client = Client(database, ground, plan.seed + 1)
            post = Post(database_url, psa.base_url, ground.tenant, ground.key, plan.variant)
            nemesis = Nemesis(post, psa, sandbox, dice, plan.workers)
            thawing = asyncio.create_task(nemesis.thaw())
            try:
                await _storm(plan, database, ground, client, nemesis)
                await nemesis.relent()
                healed = await until_quiet(database, ground, plan.patience)
                if await client.take_the_rest_back():
                    await until_quiet(database, ground, plan.patience)
                await asyncio.sleep(PACE.quarantine)  # what the PSA was told to do late is done by then
            finally:
                thawing.cancel()
                nemesis.end()
            history = await gathered(database, sandbox, ground.tenant, client.wishes, plan.workers)
    finally:
        await database.close()
    took = time.monotonic() - began
    return Run(plan, history, checker.flaws(history), nemesis.deaths, nemesis.freezes, healed, took)


async def _storm(plan: Plan, database: Database, ground: Ground, client: Client, nemesis: Nemesis) -> None:
    """Ask and kill at the same pace, so that every kill meets lines under way; hurt until most lines are final."""
    finished = 0
    while not client.is_done or nemesis.kills < plan.kills or finished < plan.lines * MOST:
        share = min(1.0, nemesis.kills / plan.kills)
        while not client.is_done and client.asked < plan.lines * share + AHEAD:
            await client.ask()
        await client.take_back()
        finished = await _finished(database, ground)
        is_ahead = nemesis.kills >= plan.kills or share > (finished + AHEAD) / plan.lines
        await nemesis.strike(may_kill=not is_ahead)
        await asyncio.sleep(MOMENT)


async def until_quiet(database: Database, ground: Ground, patience: float) -> float:
    """Wait until nothing is open and no audit is due; return the seconds it took for lines to be final."""
    began, final_after = time.monotonic(), None
    while time.monotonic() - began < patience:
        async with database.read(ground.tenant) as session:
            still = OutboundOp.state.not_in(FINAL) & (OutboundOp.not_before != PARKED)
            is_open = await session.scalar(select(func.count()).where(still))
            due = OutboundOp.audit_at.is_not(None) & (OutboundOp.state == OpState.CONFIRMED)
            audits = await session.scalar(select(func.count()).where(due & (OutboundOp.kind != OpKind.VOID)))
        if not is_open:
            final_after = final_after or time.monotonic() - began
            if not audits:
                return final_after
        await asyncio.sleep(MOMENT)
    return final_after or patience


async def _finished(database: Database, ground: Ground) -> int:
    async with database.read(ground.tenant) as session:
        is_over = OutboundOp.state.in_(FINAL) | (OutboundOp.not_before == PARKED)
        return await session.scalar(select(func.count()).where(OutboundOp.kind == OpKind.TIME, is_over)) or 0
