"""The sandbox's memory: one SQLite file that outlives the death of its process at any moment."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Document = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS tenant (id TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS thing (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    made_at REAL NOT NULL,
    UNIQUE (tenant, kind, id)
);
CREATE INDEX IF NOT EXISTS thing_by_ref ON thing (tenant, kind, json_extract(document, '$.externalRef'));
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    external_ref TEXT,
    contract_id TEXT,
    idempotency_key TEXT,
    fault TEXT,
    in_flight INTEGER NOT NULL,
    received_at REAL NOT NULL,
    finished_at REAL,
    status INTEGER,
    committed INTEGER NOT NULL DEFAULT 0,
    remote_id TEXT
);
CREATE INDEX IF NOT EXISTS call_by_time ON call (tenant, received_at);
CREATE TABLE IF NOT EXISTS fault (
    position INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    skip INTEGER NOT NULL,
    left INTEGER
);
"""


class Store:
    """Tenants, their things (clients, contracts, tickets, time entries), the log of calls, the fault script."""

    def __init__(self, path: Path | str) -> None:
        """Open or make the file."""
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        # A commit in this mode survives kill -9; what a power cut may undo, a sandbox can bear.
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = NORMAL")
        self.sql.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self.sql.close()

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make what happens inside one commit, or nothing."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("COMMIT")

    def tenant(self, tenant_id: str) -> Document | None:
        """Give a tenant's key, prefix, users, settings and last ticket number."""
        row = self.sql.execute("SELECT document FROM tenant WHERE id = ?", (tenant_id,)).fetchone()
        return json.loads(row["document"]) if row else None

    def tenants(self) -> list[Document]:
        """Give all tenants."""
        return [json.loads(row["document"]) for row in self.sql.execute("SELECT document FROM tenant ORDER BY id")]

    def save_tenant(self, document: Document) -> None:
        """Add or replace a tenant."""
        self.sql.execute("REPLACE INTO tenant VALUES (?, ?)", (document["id"], json.dumps(document)))

    def get(self, tenant: str, kind: str, thing_id: str) -> Document | None:
        """Give one thing."""
        found = self.sql.execute(
            "SELECT document FROM thing WHERE tenant = ? AND kind = ? AND id = ?", (tenant, kind, thing_id)
        ).fetchone()
        return json.loads(found["document"]) if found else None

    def get_by_ref(self, tenant: str, kind: str, external_ref: str) -> Document | None:
        """Give the oldest thing with this reference."""
        found = self.sql.execute(
            "SELECT document FROM thing WHERE tenant = ? AND kind = ?"
            " AND json_extract(document, '$.externalRef') = ? ORDER BY seq",
            (tenant, kind, external_ref),
        ).fetchone()
        return json.loads(found["document"]) if found else None

    def put(self, tenant: str, kind: str, document: Document, now: float) -> None:
        """Add a thing, or replace it in its place."""
        self.sql.execute(
            "INSERT INTO thing (tenant, kind, id, document, made_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (tenant, kind, id) DO UPDATE SET document = excluded.document",
            (tenant, kind, document["id"], json.dumps(document), now),
        )

    def remove(self, tenant: str, kind: str, thing_id: str) -> bool:
        """Remove a thing; False if there was none."""
        gone = self.sql.execute("DELETE FROM thing WHERE tenant = ? AND kind = ? AND id = ?", (tenant, kind, thing_id))
        return gone.rowcount == 1

    def everything(self, tenant: str, kind: str) -> list[Document]:
        """Give all things of a kind, the oldest first, with the moment they were made."""
        rows = self.sql.execute(
            "SELECT document, made_at FROM thing WHERE tenant = ? AND kind = ? ORDER BY seq", (tenant, kind)
        )
        return [json.loads(row["document"]) | {"madeAt": row["made_at"]} for row in rows]

    def reset(self, tenant: str | None) -> None:
        """Forget one tenant, or all of them and the fault script too."""
        with self.unit():
            self.sql.execute("DELETE FROM tenant WHERE ?1 IS NULL OR id = ?1", (tenant,))
            self.sql.execute("DELETE FROM thing WHERE ?1 IS NULL OR tenant = ?1", (tenant,))
            self.sql.execute("DELETE FROM call WHERE ?1 IS NULL OR tenant = ?1", (tenant,))
            if tenant is None:
                self.sql.execute("DELETE FROM fault")
