"""The checker of reliability 6: it decides from the PSA's own log and the ledger, not from what anybody hoped."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from db.ledger.tables import OpKind, OpState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.outbox.stage import Stage


async def flaws(stage: Stage) -> list[str]:
    """Return everything that is wrong at rest; an empty list is what every run must end with."""
    ops = [op for op in await stage.ops() if op.kind is OpKind.TIME]
    kept = await stage.kept()
    by_ref = Counter(entry["externalRef"] for entry in kept)
    by_id = {entry["id"]: entry for entry in kept}
    wrong = [f"{ref} is in the PSA {number} times" for ref, number in by_ref.items() if number > 1]
    wrong += [f"{ref} is in the PSA without a line" for ref in by_ref if ref not in {op.external_ref for op in ops}]
    for op in ops:
        entry = by_id.get(op.remote_id or "")
        if op.state is OpState.CONFIRMED and entry is None:
            wrong.append(f"{op.external_ref} is confirmed and the PSA has no {op.remote_id}")
        if entry is not None and Decimal(entry["hours"]) != Decimal(op.payload["hours"]):
            wrong.append(f"{op.external_ref} has other hours in the PSA")
        if op.state in (OpState.PENDING, OpState.SENT):
            wrong.append(f"{op.external_ref} is still {op.state}")
        if op.state in (OpState.REJECTED, OpState.UNKNOWN) and op.error_code is None:
            wrong.append(f"{op.external_ref} is {op.state} without a reason")
    return wrong + await _overlaps(stage)


async def _overlaps(stage: Stage) -> list[str]:
    """Look for two writes at a time. One that the PSA was told to delay may outlive our patience: it is no flaw."""
    busy: dict[str, float] = {}
    wrong = []
    for call in await stage.calls("POST"):
        if "delay" in (call["fault"] or ""):
            continue
        for what in (call["externalRef"], call["contractId"]):
            if what and call["receivedAt"] < busy.get(what, 0):
                wrong.append(f"two sends for {what} overlap")
            busy[what] = call["finishedAt"] or 0  # it ended with the PSA
    return wrong


@contextmanager
def counted() -> Iterator[dict[str, list[Any]]]:
    """Count what is asked of the database, and its commits."""
    spent: dict[str, list[Any]] = {"calls": [], "commits": []}

    def call(_connection: object, _cursor: object, statement: str, said: object, *_: object) -> None:
        spent["calls"].append((statement, said))

    def commit(connection: object) -> None:
        spent["commits"].append(connection)

    event.listen(Engine, "before_cursor_execute", call)
    event.listen(Engine, "commit", commit)
    yield spent
    event.remove(Engine, "before_cursor_execute", call)
    event.remove(Engine, "commit", commit)
