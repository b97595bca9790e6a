"""The soak, python -m tests.crash.soaks: one server, every fault now and then, and what it holds stays flat."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from db.migrating import upgrade
from db.session import Database
from tests.crash import checker
from tests.crash.clients import Client
from tests.crash.grounds import fresh, lay
from tests.crash.histories import gathered, watch
from tests.crash.levels import MOST_GROWTH, Levels
from tests.crash.nemesis import HARM
from tests.crash.runs import until_quiet
from tests.crash.visitors import Visitors
from tests.kinds import KINDS
from tests.psa_sandbox import sandbox_process
from tests.wire.serving import connect, server_process
from tests.wire.underway import HASTY

if TYPE_CHECKING:
    from tests.crash.checker import Flaw
    from tests.crash.grounds import Ground
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess

# The quarantine outlasts the latest commit by far: a machine that is held up must not look like a broken promise.
PACE = HASTY | {"quarantine_seconds": 3.0}
LINES_A_MINUTE = 150
A_LOOK, A_WISH, A_BLOW = 1.0, 2.5, 5.0  # seconds between samples, wishes and faults
ENOUGH = 5.0  # minutes after which caches are full; a shorter soak only finds what grows without measure
STILL_WARM = 1.2


@dataclass(slots=True)
class Soak:
    """What a soak came to: what the server held while it lasted, what clients were told, and broken promises."""

    minutes: float
    levels: Levels = field(default_factory=Levels)
    visitors: Visitors | None = None
    flaws: list[Flaw] = field(default_factory=list)
    lines: int = 0
    hurt: int = 0

    @property
    def complaints(self) -> list[str]:
        """Return what must not have been."""
        bugs = self.visitors.bugs if self.visitors else []
        most = MOST_GROWTH if self.minutes >= ENOUGH else STILL_WARM
        return [*self.levels.complaints(most), *bugs, *map(str, self.flaws)]

    def story(self) -> str:
        """Tell it in a few lines."""
        told = dict(sorted(self.visitors.told.items())) if self.visitors else {}
        books = f"  {self.lines} lines, {self.hurt} PSA calls hurt, {len(self.flaws)} flaws"
        return "\n".join([self.levels.story(), f"  told: {told}", books, *self.complaints[:20]])


async def soak(minutes: float, seed: int, kind: str, url: str, folder: Path) -> Soak:
    """Serve a migrated database for so long, with clients at its door and a PSA of a kind that errs now and then."""
    dice, database, done = random.Random(seed), Database(url), Soak(minutes)  # noqa: S311 - chance that can be played again
    lines = max(20, round(minutes * LINES_A_MINUTE))
    async with sandbox_process(folder) as (psa, sandbox):
        await watch(database)
        ground = await lay(database, sandbox, dice, lines, 8, tickets=lines // 10, voids=lines // 10, psa=kind)
        await connect(database, ground.place, psa.base_url, ground.key)
        client = Client(database, ground, seed + 1)
        async with server_process(url, **PACE) as server:
            done.visitors = Visitors(server, ground, seed + 2)
            await _last(minutes * 60, done, server, client, sandbox, dice)
            await _finish(database, ground, client, sandbox)
        history = await gathered(database, sandbox, ground.tenant, client.wishes, 1)
    await database.close()
    done.flaws, done.lines = checker.flaws(history), lines
    done.hurt = sum(1 for call in history.calls if call["fault"])
    return done


async def _last(
    seconds: float, done: Soak, server: ServerProcess, client: Client, sandbox: Sandbox, dice: random.Random
) -> None:
    """Let it go on for so long."""

    async def look() -> None:
        done.levels.add(server.memory(), server.descriptors())

    async def wish() -> None:
        if not client.is_done:
            await client.ask()
        await client.take_back()

    async def hurt() -> None:
        await sandbox.faults(*({**rule, "times": 1, "skip": dice.randrange(3)} for rule in dice.sample(HARM, 3)))

    assert done.visitors is not None
    until = time.monotonic() + seconds
    habits = ((look, A_LOOK), (wish, A_WISH), (hurt, A_BLOW), (done.visitors.come, 0.0))
    async with asyncio.TaskGroup() as group:
        for deed, pause in habits:
            group.create_task(_again(deed, pause, until))
    await done.visitors.close()


async def _again(deed: object, pause: float, until: float) -> None:
    while time.monotonic() < until:
        await deed()  # type: ignore[operator]
        await asyncio.sleep(pause)


async def _finish(database: Database, ground: Ground, client: Client, sandbox: Sandbox) -> None:
    """Ask for what is left, with nobody hurt any more, until all is quiet."""
    await sandbox.faults()
    while not client.is_done:
        await client.ask()
    await until_quiet(database, ground, 120)
    await client.take_the_rest_back()
    await until_quiet(database, ground, 120)


def main() -> int:
    """Soak each database; return 1 when anything grew, was lost, or was answered by a bug."""
    options = argparse.ArgumentParser(prog="tests.crash.soaks", description="Serve for a while, and see what grows.")
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--psa", choices=tuple(KINDS), default="B")
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    chosen = options.parse_args()
    failed = False
    for backend in ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,):
        with tempfile.TemporaryDirectory() as folder, fresh(backend, Path(folder)) as url:
            upgrade(url)
            done = asyncio.run(soak(chosen.minutes, chosen.seed, chosen.psa, url, Path(folder)))
        failed |= bool(done.complaints)
        said = f"{backend}, PSA of kind {chosen.psa}, seed {chosen.seed}, {chosen.minutes} minutes"
        sys.stdout.write(f"{said}\n{done.story()}\n")
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
