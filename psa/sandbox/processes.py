"""The sandbox in a process of its own, started beside a demo; it ends with the process that started it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

TREE = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds
HOST = "127.0.0.1"


class NotStarted(Exception):
    """The sandbox does not come up; the message says why."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server((HOST, 0)) as free:
        return free.getsockname()[1]


class SandboxProcess:
    """One sandbox on loopback: its port, its store, its process."""

    def __init__(self, port: int, store: Path) -> None:
        """Take where it listens and what it remembers."""
        self.url = f"http://{HOST}:{port}"
        self._port = port
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it answers. Raise NotStarted."""
        if self._answers():
            raise NotStarted(f"port {self._port} is in use")
        options = ["--port", str(self._port), "--store", str(self._store), "--until-stdin-closes"]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "psa.sandbox", *options],
            cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise NotStarted("it ended at once" if self._process.returncode else "it does not answer")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and wait for that."""
        if self._process is None:
            return
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def seed(self, wishes: dict[str, Any]) -> None:
        """Put a tenant and its things into it."""
        self._control("POST", "seed", wishes)

    def knows(self, tenant: str) -> bool:
        """Tell whether it has a tenant's clients."""
        return bool(self._control("GET", f"clients?tenant={tenant}")["items"])

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - an address of our own making
            f"{self.url}/sandbox/{path}", None if body is None else json.dumps(body).encode(), method=method
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def _answers(self) -> bool:
        try:
            socket.create_connection((HOST, self._port), 0.2).close()
        except OSError:
            return False
        return True
