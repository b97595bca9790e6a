"""The log: one JSON object a line on standard error, ours and the libraries'. Traces name places, never the values."""

import asyncio
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson

OURS = ("schema", "resolvers", "db", "psa")  # the rooms; a module's logger bears the module's name
OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime"}  # what is more was said as `extra`


Facts = dict[str, Any]

requests = logging.getLogger("schema.requests")
_waiting: list[Facts] = []  # requests' lines that this turn of the event loop has brought


class Lines(logging.Formatter):
    """Writes what happened, what was said of it, and where there is one the trace."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {"event": record.getMessage()}
        facts |= {name: said for name, said in vars(record).items() if name not in OF_EVERY_RECORD}
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        facts |= {
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC),
        }
        return _json(facts).decode()


def note_request(request_id: str, method: str, path: str, status: int, begun: float, facts: Facts) -> None:
    """Write a request's line, `begun` by `perf_counter()`; a logging record would be a third of a small read's work."""
    if requests.isEnabledFor(logging.INFO):
        line = {
            "event": "request", **facts, "request_id": request_id, "method": method, "path": path, "status": status,
            "milliseconds": round((time.perf_counter() - begun) * 1000, 1), "level": "info", "logger": requests.name,
            "timestamp": datetime.now(UTC),
        }  # fmt: skip
        if not _waiting:
            asyncio.get_running_loop().call_soon(_write)
        _waiting.append(line)


def _write() -> None:
    """Write the lines of one turn of the event loop at once: a call of the system costs more than the line."""
    lines = [_json(line) + b"\n" for line in _waiting]
    _waiting.clear()
    sys.stderr.buffer.write(b"".join(lines))
    sys.stderr.buffer.flush()


def _json(facts: dict[str, Any]) -> bytes:
    return orjson.dumps(facts, default=str, option=orjson.OPT_UTC_Z)


def configure(level: str) -> None:
    """Write what is ours from this level on, and what libraries say from warnings on."""
    lines = logging.StreamHandler()
    lines.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers = [lines]
    least = logging.getLevelName(level.upper())
    root.setLevel(max(least, logging.WARNING))
    for room in OURS:
        logging.getLogger(room).setLevel(least)
    # No line says these, and every record would ask for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
