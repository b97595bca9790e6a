"""One load on one server: wrk with one thread and eight connections, and what it cost by the kernel's books."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from bench.accounting import on_core

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.servers import Server

CONNECTIONS = 8
IDLE = 1_000_000  # nanoseconds of work in 20 ms that are none
QUIET = 3  # times in a row
LONGEST = 30  # seconds until a load that nobody answers is given up
SCRIPT = Path(__file__).with_name("rotate.lua")


class Failed(Exception):
    """A load met errors, or found nobody to answer."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one load showed: CPU milliseconds per request, requests per second, latencies."""

    server_ms: float
    database_ms: float
    rps: float
    p50_ms: float
    p99_ms: float

    @property
    def cpu_ms(self) -> float:
        """Return the CPU of server and database together, per request."""
        return self.server_ms + self.database_ms

    def shown(self) -> dict[str, float]:
        """Return all figures by name."""
        return {"cpu_ms": self.cpu_ms, **asdict(self)}


def load(servers: Sequence[Server], database: int | None, bodies: Path, token: str, seconds: float) -> Cell:
    """Load each of the servers with its own wrk, all at once; `database` is PostgreSQL's first process."""

    def spent() -> tuple[int, int]:
        return sum(on_core(server.process.pid) for server in servers), on_core(database) if database else 0

    before = spent()
    running = [_start(server, bodies, token, seconds) for server in servers]
    results = [_result(process.communicate()[0], server) for process, server in zip(running, servers, strict=True)]
    if not all(result["requests"] for result in results):
        if seconds > LONGEST:
            raise Failed(f"{servers[0].contestant.name} has answered nothing in {seconds} s")
        return load(servers, database, bodies, token, 2 * seconds)  # a busy machine, a slow contestant
    after = _settled(spent)
    # What wrk left under way at its end is worked off too, and was asked for: one request a connection.
    requests = sum(result["requests"] + CONNECTIONS for result in results)
    each = [(late - early) / requests / 1e6 for early, late in zip(before, after, strict=True)]
    if min(each) < 0:
        if seconds > LONGEST:
            raise Failed(f"a process of {servers[0].contestant.name} or of its database ended under load")
        return load(servers, database, bodies, token, 2 * seconds)  # some close what a client left half answered
    rps = sum(result["requests"] / result["seconds"] for result in results)
    p50, p99 = (max(result[name] for result in results) for name in ("p50_ms", "p99_ms"))
    return Cell(*each, rps=rps, p50_ms=p50, p99_ms=p99)


def _settled(spent: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """Wait until nobody works any more; return what was spent by then."""
    last, quiet = spent(), 0
    while quiet < QUIET:
        time.sleep(0.02)
        now = spent()
        quiet = quiet + 1 if sum(now) - sum(last) < IDLE else 0
        last = now
    return last


def _start(server: Server, bodies: Path, token: str, seconds: float) -> subprocess.Popen[str]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", SCRIPT]
    return subprocess.Popen(
        [*command, server.url, "--", bodies, token], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip


def _result(text: str, server: Server) -> dict[str, float]:
    found = re.search(r"^RESULT (.*)$", text, re.MULTILINE)
    result = orjson.loads(found[1]) if found else {}
    if not result or result["errors"]:
        raise Failed(f"{server.contestant.name} failed under load:\n{text}")
    return result
