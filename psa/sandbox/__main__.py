"""Run the sandbox by itself: python -m psa.sandbox --port 8400 --store sandbox.db."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

from aiohttp import web

from .server import create_sandbox
from .store import Store


def main() -> None:
    """Serve until interrupted."""
    options = argparse.ArgumentParser(prog="psa.sandbox", description="A PSA that runs, for newcomers and tests.")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8400)
    options.add_argument("--store", type=Path, default=Path("sandbox.db"))
    options.add_argument("--until-stdin-closes", action="store_true", help="end with the process that started this one")
    chosen = options.parse_args()
    if chosen.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    with closing(Store(chosen.store)) as store:
        web.run_app(create_sandbox(store), host=chosen.host, port=chosen.port, shutdown_timeout=2)


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
