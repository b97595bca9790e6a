"""Exports and escalations as the reference answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.reading.rules import NOTHING, confirmed_at, of_project, tagged, ticket_number, to_one

if TYPE_CHECKING:
    from datetime import datetime

    from tests.reading.reference import Row, View
    from tests.reading.rules import Rule


def of_op(column: str) -> Rule:
    """A fact of the op behind an export's line."""
    return lambda view, row, _: view.rows("OutboundOp", id=row["op_id"])[0][column]


def asking(view: View, escalation: Row) -> Row:
    return view.one("OutboundOp", kind="TICKET", subject_id=escalation["id"], newest=True) or {}


def states(view: View, batch: Row) -> list[str]:
    return [op["state"] for op in ops(view, batch)]


def ops(view: View, batch: Row) -> list[Row]:
    return [view.rows("OutboundOp", id=line["op_id"])[0] for line in view.rows("ExportLine", batch_id=batch["id"])]


def batch_status(view: View, batch: Row) -> str:
    """Domain 6; a line that was taken back had arrived."""
    found = states(view, batch)
    if {"PENDING", "SENT", "UNKNOWN"} & set(found):
        return "RUNNING"
    if "REJECTED" not in found:
        return "SUCCEEDED"
    return "FAILED" if set(found) == {"REJECTED"} else "PARTIAL"


def finished_at(view: View, batch: Row) -> datetime | None:
    """When its last line was decided; not yet, while one is open."""
    running = batch_status(view, batch) == "RUNNING"
    return None if running else max((op["settled_at"] for op in ops(view, batch)), default=None)


def count(*wanted: str) -> Rule:
    return lambda view, row, _: sum(state in wanted for state in states(view, row))


BATCH: dict[str, Rule] = {
    "status": lambda view, row, _: batch_status(view, row),
    "contractId": lambda _view, row, _: row["psa_contract_id"],
    "finishedAt": lambda view, row, _: finished_at(view, row),
    "requestedBy": to_one("User", "requested_by_id"),
    "project": to_one("Project", "project_id"),
    "counts": tagged("ExportCounts"),
    "totals": tagged("ExportTotals"),
    "lines": of_project("ExportLine", "batch_id"),
}

COUNTS: dict[str, Rule] = {
    "total": lambda view, row, _: len(states(view, row)),
    "pending": count("PENDING", "SENT"),
    "confirmed": count("CONFIRMED"),
    "rejected": count("REJECTED"),
    "unknown": count("UNKNOWN"),
    "voided": count("VOIDED"),
}

TOTALS: dict[str, Rule] = {
    "hours": lambda view, row, _: sum((op["hours"] for op in ops(view, row)), NOTHING),
    "amount": lambda view, row, _: sum((op["amount"] for op in ops(view, row)), NOTHING),
}


def next_lookup(view: View, line: Row) -> datetime | None:
    """Of an unknown one that is not left to a person."""
    op = view.rows("OutboundOp", id=line["op_id"])[0]
    return op["not_before"] if op["state"] == "UNKNOWN" and op["not_before"].year < 9999 else None


LINE: dict[str, Rule] = {
    **{name: of_op(name) for name in ("state", "revision", "hours", "amount", "attempts")},
    "externalRef": of_op("external_ref"),
    "psaTimeEntryId": of_op("remote_id"),
    "errorCode": of_op("error_code"),
    "errorMessage": of_op("error_message"),
    "needsAttention": of_op("needs_attention"),
    "sentAt": of_op("last_sent_at"),
    "confirmedAt": lambda view, row, _: confirmed_at(view.one("OutboundOp", id=row["op_id"])),
    "nextLookupAt": lambda view, row, _: next_lookup(view, row),
    "void": lambda view, row, _: view.one("OutboundOp", kind="VOID", subject_id=row["op_id"], newest=True),
    "timeEntry": to_one("TimeEntry", "time_entry_id"),
    "batch": to_one("ExportBatch", "batch_id"),
}

VOID: dict[str, Rule] = {
    "reason": lambda _view, row, _: row["payload"]["reason"],
    "requestedAt": lambda _view, row, _: row["created_at"],
    "finishedAt": lambda _view, row, _: row["settled_at"],
}

ESCALATION: dict[str, Rule] = {
    "state": lambda view, row, _: {"CONFIRMED": "CREATED", "REJECTED": "FAILED", "UNKNOWN": "UNKNOWN"}.get(
        asking(view, row).get("state", ""), "PENDING"
    ),
    "errorCode": lambda view, row, _: asking(view, row).get("error_code"),
    "errorMessage": lambda view, row, _: asking(view, row).get("error_message"),
    "ticketNumber": lambda view, row, _: ticket_number(view.one("TicketLink", id=row["ticket_link_id"])),
    "requestedBy": to_one("User", "requested_by_id"),
    "task": to_one("Task", "task_id"),
    "ticketLink": to_one("TicketLink", "ticket_link_id"),
}
