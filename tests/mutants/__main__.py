"""Mutation testing: `make mutants`, and docs/mutation.md. Ends with 1 where fewer than 90 of 100 are noticed."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from tests.mutants.areas import AREAS, ROOT
from tests.mutants.equivalents import why
from tests.mutants.operators import Mutant, enumerations, mutants
from tests.mutants.runs import live, passes, warm

ENOUGH = 0.9


def main() -> int:
    """Run what was asked for; print survivors as they come, and a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--area", choices=[*AREAS, "all"], default="all")
    asked.add_argument("--most", type=int, default=0, help="mutants of an area, drawn by the seed; 0 is all")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--at-once", type=int, default=2)
    chosen = asked.parse_args()
    warm()
    enough = True
    for name in AREAS if chosen.area == "all" else (chosen.area,):
        enough &= _area(name, chosen)
    return int(not enough)


def _area(name: str, chosen: argparse.Namespace) -> bool:
    area = AREAS[name]
    drawn = _drawn(area.modules, chosen.most, chosen.seed)
    if not passes(area):
        _say(f"{name}: its tests fail without a mutant")
        return False
    all_of, noticed, explained = Counter(one.module for one in drawn), Counter(), Counter()
    for end in live(area, drawn, chosen.at_once):
        reason = None if end.is_noticed else why(end.mutant)
        (noticed if end.is_noticed else explained)[end.mutant.module] += end.is_noticed or bool(reason)
        if not end.is_noticed:
            _say(f"{'explained' if reason else 'SURVIVED'}  {end.mutant}{f'  ({reason})' if reason else ''}")
    for module in area.modules:
        _say(f"{name}  {module}: {all_of[module]} mutants, {noticed[module]} noticed, {explained[module]} explained")
    share = noticed.total() / len(drawn)
    _say(f"{name}: {noticed.total()} of {len(drawn)} noticed, {share:.1%}; {explained.total()} survivors explained")
    return share >= ENOUGH


def _drawn(modules: tuple[str, ...], most: int, seed: int) -> list[Mutant]:
    members = enumerations(sorted((ROOT / "db").rglob("*.py")))
    found = [one for module in modules for one in mutants(module, (ROOT / module).read_text(), members)]
    dice = Random(seed)  # noqa: S311 - the same draw for the same seed
    return dice.sample(found, most) if 0 < most < len(found) else dice.sample(found, len(found))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
