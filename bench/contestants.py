"""Who takes part: how each is started, and on which databases it can be."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet
from sqlalchemy import make_url

from bench.tokens import SIGNING_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
NODE = ROOT / "bench" / "peers" / "node"
OURS = "one-projects"
MERCURIUS = "mercurius"
BOTH = ("postgresql", "sqlite")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server: `command` starts it; `cursors` says whether its cursors are its own or of our kind."""

    name: str
    command: tuple[str, ...]
    says: Mapping[str, str] = field(default_factory=dict)
    cursors: str = "ours"
    databases: tuple[str, ...] = BOTH

    def environment(self, url: str, port: int) -> dict[str, str]:
        """Return the environment to start it in: the same database, key and port, in every dialect of variables."""
        where: Any = make_url(url)
        pg = {
            "PGHOST": where.query.get("host", ""),
            "PGPORT": where.query.get("port", ""),
            "PGUSER": where.username or "",
        }
        return {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), "DATABASE_URL": url, "PORT": str(port),
            "SIGNING_KEY": SIGNING_KEY, "NODE_ENV": "production", "GRAPHILE_ENV": "production",
            "PGDATABASE": where.database, **pg, **self.says,
        }  # fmt: skip


def _served(module: str) -> tuple[str, ...]:
    quiet = ("--no-access-log", "--log-level", "warning", "--host", "127.0.0.1")
    return (sys.executable, "-m", "uvicorn", f"bench.peers.{module}:app", *quiet, "--port", "{port}")


def node() -> str:
    """Return the program: the version that `npm ci` brought, or the machine's own."""
    brought = sorted(NODE.glob("node_modules/node-linux-*/bin/node"))
    return str(brought[0]) if brought else shutil.which("node") or "node"


def _on_node(script: str) -> tuple[str, ...]:
    return (node(), str(NODE / script))


OUR_SECRETS = {
    "PROJECTS_SIGNING_KEY": SIGNING_KEY, "PROJECTS_SEALING_KEYS": Fernet.generate_key().decode(),
    "PROJECTS_PEPPER": "a pepper of benchmarks, no secret",
}  # fmt: skip
POSTGRESQL_ONLY = ("postgresql",)

CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(OURS, (sys.executable, "app.py", "serve"), OUR_SECRETS),
        Contestant(MERCURIUS, _on_node("mercurius.js"), databases=POSTGRESQL_ONLY),
        Contestant("postgraphile", _on_node("postgraphile.js"), cursors="its own", databases=POSTGRESQL_ONLY),
        Contestant("strawberry-tuned", _served("strawberry.tuned")),
        Contestant("strawberry-naive", _served("strawberry.naive")),
        Contestant("limit-rows", _served("limit.app"), {"ANSWERS": "rows"}),
        Contestant("limit-texts", _served("limit.app"), {"ANSWERS": "texts"}, databases=POSTGRESQL_ONLY),
    )
}
