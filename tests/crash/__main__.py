"""The large run: python -m tests.crash --lines 10000 --kills 1000 --seed 1 --database both."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from db.migrating import upgrade
from tests.crash.controls import SYMPTOMS
from tests.crash.grounds import fresh
from tests.crash.runs import Plan, Run, run
from tests.kinds import KINDS

CONTROL_LINES, CONTROL_KILLS = 120, 20


def main() -> int:
    """Play the runs and the controls; return 1 when a promise was broken or a control did not fail."""
    options = argparse.ArgumentParser(prog="tests.crash", description="Kill workers, and count what the PSA has.")
    options.add_argument("--lines", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--psa", choices=tuple(KINDS), default="B")
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    chosen = options.parse_args()
    backends = ("sqlite", "postgresql") if chosen.database == "both" else (chosen.database,)
    failed = False
    for backend in backends:
        done = _play(backend, Plan(chosen.lines, chosen.kills, chosen.seed, psa=chosen.psa))
        failed |= bool(done.flaws)
        _say(f"{backend}, {done.story()}")
        for variant, symptom in SYMPTOMS.items() if chosen.psa == "B" else ():
            control = _play(backend, Plan(CONTROL_LINES, CONTROL_KILLS, chosen.seed, variant))
            is_seen = bool(symptom(control.history) and control.flaws)
            failed |= not is_seen
            _say(f"{backend}, control {'fails as it must' if is_seen else 'DID NOT FAIL'}, {control.summary()}")
    return int(failed)


def _play(backend: str, plan: Plan) -> Run:
    with tempfile.TemporaryDirectory() as folder, fresh(backend, Path(folder)) as url:
        upgrade(url)
        return asyncio.run(run(plan, url, Path(folder)))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
