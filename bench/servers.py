"""A contestant at work: started and timed, asked, and stopped."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bench.accounting import resident
from bench.contestants import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.contestants import Contestant

PATIENCE = 60.0  # seconds until a server that does not answer is given up


class NotRunning(Exception):
    """A contestant did not come up, or answered with something that is no answer."""


@dataclass(slots=True)
class Server:
    """A running contestant; `started` is how many seconds it took until it answered its first query."""

    contestant: Contestant
    process: subprocess.Popen[bytes]
    port: int
    started: float = 0.0
    idle: float = 0.0  # MiB

    @property
    def url(self) -> str:
        """Return where it is asked."""
        return f"http://127.0.0.1:{self.port}/graphql"

    def ask(self, query: str, variables: dict[str, Any], token: str) -> Any:
        """Return the whole answer to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        try:
            connection.request("POST", "/graphql", orjson.dumps({"query": query, "variables": variables}), headers)
            return orjson.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def serving(contestant: Contestant, url: str, token: str, logs: Path) -> Iterator[Server]:
    """Start a contestant and wait until it answers; what it says goes to a file in `logs`."""
    port = _free_port()
    command = [part.format(port=port) for part in contestant.command]
    log = logs / f"{contestant.name}.log"
    began = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=contestant.environment(url, port), stdout=output, stderr=output
        )  # fmt: skip
    server = Server(contestant, process, port)
    try:
        _await_answer(server, token, log)
        server.started = time.perf_counter() - began
        server.idle = resident(process.pid)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(server: Server, token: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if "data" in server.ask("query tiny($id: ID!) { project(id: $id) { id name } }", {"id": "prj_0"}, token):
                return
        except (OSError, ValueError, http.client.HTTPException):
            pass
        if server.process.poll() is not None or time.monotonic() > deadline:
            message = f"{server.contestant.name} does not answer:\n{log.read_text()[-2000:]}"
            raise NotRunning(message)
        time.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
