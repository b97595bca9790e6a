"""Where contestants meet: one populated database, each contestant started on it, and all but the measured one halted."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from bench.accounting import family
from bench.answers import asked_of
from bench.contestants import CONTESTANTS, ROOT
from bench.documents import DOCUMENTS, LISTS
from bench.loading import load as fill
from bench.servers import Server, serving
from bench.tokens import token
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bench.population import Population

OUT = ROOT / "bench" / "out"
# The same for everybody. No autovacuum, no parallel workers: both would be booked to whoever is measured then.
POSTGRESQL = {
    "shared_buffers": "256MB", "work_mem": "16MB", "jit": "off", "random_page_cost": "1.1", "autovacuum": "off",
    "max_parallel_workers_per_gather": "0", "max_connections": "200",
}  # fmt: skip


@dataclass(slots=True)
class Stage:
    """A database with its population; `postmaster` is PostgreSQL's first process, None on SQLite."""

    url: str
    population: Population
    postmaster: int | None
    bodies: dict[tuple[str, str], Path] = field(default_factory=dict)

    @contextmanager
    def contestants(self, names: Iterable[str], processes: int = 1) -> Iterator[dict[str, list[Server]]]:
        """Start contestants, write down what each will be asked, and halt them until they are measured."""
        with ExitStack() as closing:
            started: dict[str, list[Server]] = {}
            for name in names:
                started[name] = [
                    closing.enter_context(serving(CONTESTANTS[name], self.url, token("owner"), OUT))
                    for _ in range(processes)
                ]
                self._write_bodies(started[name][0])
                closing.callback(resume, started[name])
                halt(started[name])
            yield started

    def _write_bodies(self, server: Server) -> None:
        asked = asked_of(server, self.population)
        for name, document in (DOCUMENTS | LISTS).items():
            path = OUT / f"{server.contestant.name}-{name.replace(' ', '-')}.jsonl"
            bodies: list[Any] = [{"query": document, "variables": variables} for variables in asked[name]]
            path.write_bytes(b"".join(orjson.dumps(body) + b"\n" for body in bodies))
            self.bodies[server.contestant.name, name] = path


@contextmanager
def on_postgresql(population: Population) -> Iterator[Stage]:
    """Start a PostgreSQL of its own with the population in it."""
    with Postgres(None, **POSTGRESQL) as server:
        url = server.create_database("bench")
        fill(url, population)
        first = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Stage(url, population, first)


@contextmanager
def on_sqlite(population: Population) -> Iterator[Stage]:
    """Make a SQLite file with the population in it."""
    path = OUT / "bench.db"
    for left in OUT.glob("bench.db*"):
        left.unlink()
    url = f"sqlite+aiosqlite:///{path}"
    fill(url, population)
    yield Stage(url, population, None)


def halt(servers: Iterable[Server]) -> None:
    """Stop servers where they are: whoever is not measured takes no time from who is."""
    _signal(servers, signal.SIGSTOP)


def resume(servers: Iterable[Server]) -> None:
    """Let servers go on."""
    _signal(servers, signal.SIGCONT)


def _signal(servers: Iterable[Server], which: signal.Signals) -> None:
    for server in servers:
        for pid in family(server.process.pid):
            os.kill(pid, which)
