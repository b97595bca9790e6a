"""One call as the sandbox sees it, and the append-only log of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .store import Document, Store

    Answer = tuple[int, Document | None]


class Refused(Exception):
    """A no in the house's words: status and {error, code, details}."""

    def __init__(
        self, status: int, code: str, error: str, headers: Mapping[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"error": error, "code": code, "details": details}


@dataclass(slots=True)
class Call:
    """What a verb of the sandbox may know. `now` is the epoch second at which the call came in."""

    number: int
    store: Store
    tenant: Document
    path_id: str
    query: Mapping[str, str]
    body: Document
    now: float
    fault: Document

    @property
    def tenant_id(self) -> str:
        """Name the tenant."""
        return self.tenant["id"]

    def commit(self, remote_id: str) -> None:
        """Note, inside the unit of the effect, that this call has had one."""
        self.store.sql.execute("UPDATE call SET committed = 1, remote_id = ? WHERE id = ?", (remote_id, self.number))


def new_id(kind: str) -> str:
    """Make an id as opaque as a foreign product's."""
    return f"{kind}-{uuid4().hex[:16]}"


def received(store: Store, row: Document) -> int:
    """Write down that a call came in; gives its number."""
    written = store.sql.execute(
        "INSERT INTO call (tenant, method, path, query, external_ref, contract_id, idempotency_key, fault, in_flight,"
        " received_at) VALUES (:tenant, :method, :path, :query, :external_ref, :contract_id, :idempotency_key, :fault,"
        " :in_flight, :received_at)",
        row,
    )
    return written.lastrowid or 0


def finished(store: Store, number: int, status: int | None, now: float) -> None:
    """Write down the answer; status None for one that was never sent."""
    store.sql.execute("UPDATE call SET status = ?, finished_at = ? WHERE id = ?", (status, now, number))


def log_of(store: Store, tenant: str | None) -> Document:
    """Give every call, and the most that were ever in flight at once for each contract."""
    rows = store.sql.execute("SELECT * FROM call WHERE ?1 IS NULL OR tenant = ?1 ORDER BY id", (tenant,)).fetchall()
    most: dict[str, int] = {}
    for row in rows:
        if row["contract_id"]:
            most[row["contract_id"]] = max(most.get(row["contract_id"], 0), row["in_flight"])
    return {"calls": [_shown(dict(row)) for row in rows], "mostInFlight": most}


def _shown(row: Document) -> Document:
    names = {"external_ref": "externalRef", "contract_id": "contractId", "idempotency_key": "idempotencyKey"}
    names |= {"in_flight": "inFlight", "received_at": "receivedAt", "finished_at": "finishedAt"}
    names |= {"remote_id": "remoteId"}
    return {names.get(name, name): value for name, value in row.items()} | {"committed": bool(row["committed"])}
