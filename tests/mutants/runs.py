"""One mutant's life: a child of this process imports the changed module instead of ours, and runs the tests."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.mutants.areas import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType

    from tests.mutants.areas import Area
    from tests.mutants.operators import Mutant

PATIENCE = 240.0  # seconds until a mutant that never ends counts as noticed
MANNER = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", "--no-header")


@dataclass(frozen=True, slots=True)
class End:
    """What became of a mutant; `seconds` is how long it lived."""

    mutant: Mutant
    is_noticed: bool
    seconds: float


class _Changed(SourceFileLoader):
    """Gives a module another text than its file's."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.get_filename(fullname), "exec")


class _Finder:
    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.module.removesuffix(".py").replace("/", ".")
        self._path, self._text = str(ROOT / mutant.module), mutant.text

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Answer for the one module."""
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=_Changed(name, self._path, self._text))


def warm() -> None:
    """Import what is not ours once, for all children."""
    import aiohttp  # noqa: F401, PLC0415
    import aiosqlite  # noqa: F401, PLC0415
    import alembic.command  # noqa: F401, PLC0415
    import asyncpg  # noqa: F401, PLC0415
    import sqlalchemy.ext.asyncio  # noqa: F401, PLC0415
    import strawberry.federation  # noqa: F401, PLC0415


def live(area: Area, several: Sequence[Mutant], at_once: int) -> Iterator[End]:
    """Let mutants live, so many at a time; return each one's end as it comes."""
    waiting, alive = list(reversed(several)), {}
    while waiting or alive:
        while waiting and len(alive) < at_once:
            mutant = waiting.pop()
            alive[_born(area, mutant)] = (mutant, time.monotonic())
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            mutant, began = alive.pop(pid)
            yield End(mutant, status != 0, time.monotonic() - began)
            continue
        for late in [pid for pid, (_, began) in alive.items() if time.monotonic() - began > PATIENCE]:
            with suppress(ProcessLookupError):
                os.killpg(late, signal.SIGKILL)
        time.sleep(0.05)


def passes(area: Area) -> bool:
    """Tell whether the tests of an area pass without a mutant: else every mutant would seem noticed."""
    pid = _born(area, None)
    return os.waitpid(pid, 0)[1] == 0


def _born(area: Area, mutant: Mutant | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.setpgid(0, 0)  # what it starts ends with it
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(mutant))  # type: ignore[arg-type]
    code = 1
    try:
        code = _tested("not postgresql", area.tests, mutant) or _tested("postgresql", area.on_postgresql, mutant)
    finally:
        os._exit(int(code))


def _tested(backend: str, tests: Sequence[str], mutant: Mutant | None) -> int:
    name = Path(mutant.module).stem if mutant else ""
    likely_first = sorted(tests, key=lambda test: name not in test)  # else they keep the order they have
    return int(pytest.main([*MANNER, "-k", backend, *(str(ROOT / test) for test in likely_first)]))
