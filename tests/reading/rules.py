"""Every field of the contract that is no plain column, as the reference answers it: `rule(view, row, arguments)`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tests.reading import lists
from tests.reading.lists import page
from tests.reading.roots import ROOTS, client, clients, contract, events, projects, ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.reading.reference import Row, View

    Rule = Callable[[View, Row, Mapping[str, Any]], Any]

NOTHING, CENT = Decimal("0.00"), Decimal("0.01")


def shown(value: Any) -> Any:
    """Return a stored value as the wire has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal | date) else value


def to_one(table: str, column: str) -> Rule:
    """The row whose id stands in a column."""
    return lambda view, row, _arguments: view.one(table, id=row[column])


def of_project(table: str, column: str) -> Rule:
    """A page of the rows that point here; they are of the same project."""
    return lambda view, row, arguments: page(view, table, view.rows(table, **{column: row["id"]}), arguments)


def newest_first(rows: list[Row]) -> list[Row]:
    """By id: ids sort by birth."""
    return sorted(rows, key=lambda row: row["id"], reverse=True)


def tagged(typename: str) -> Rule:
    """The same row seen as another type."""
    return lambda _view, row, _arguments: row | {"__typename": typename}


# Money (domain 7)


def amount(entry: Row) -> Decimal:
    if not entry["billable"] or entry["billing_rate"] is None:
        return NOTHING
    return (entry["hours"] * entry["billing_rate"]).quantize(CENT, ROUND_HALF_UP)


def counted(view: View, project: Row) -> list[Row]:
    return [entry for entry in view.rows("TimeEntry", project_id=project["id"]) if entry["approval_status"] != "REJECTED"]


def cost(view: View, project: Row) -> Decimal:
    return sum((amount(entry) for entry in counted(view, project)), NOTHING)


def used(view: View, project: Row) -> Decimal | None:
    return 100 * cost(view, project) / project["budget"] if project["budget"] else None


def flag(view: View, project: Row) -> str:
    share = used(view, project)
    if share is None or share < 80:
        return "NONE"
    return "WARNING" if share < 100 else "OVER_BUDGET"


def estimated(view: View, project: Row) -> Decimal:
    return sum((task["estimated_hours"] or NOTHING for task in view.rows("Task", project_id=project["id"])), NOTHING)


PROJECT: dict[str, Rule] = {
    "owner": to_one("User", "owner_id"),
    "client": to_one("Client", "client_id"),
    "actualCost": lambda view, row, _: cost(view, row),
    "budgetVariance": lambda view, row, _: None if row["budget"] is None else row["budget"] - cost(view, row),
    "budgetUsedPercent": lambda view, row, _: (
        None if used(view, row) is None else used(view, row).quantize(CENT, ROUND_HALF_UP)  # pyright: ignore[reportOptionalMemberAccess]
    ),
    "budgetFlag": lambda view, row, _: flag(view, row),
    "hoursEstimated": lambda view, row, _: estimated(view, row),
    "hoursLogged": lambda view, row, _: sum((entry["hours"] for entry in counted(view, row)), NOTHING),
    "contractLink": lambda view, row, _: view.one("ContractLink", project_id=row["id"], unlinked_at=None),
    "milestones": lambda view, row, _: lists.by_due_date(view.rows("Milestone", project_id=row["id"])),
    "tasks": of_project("Task", "project_id"),
    "timeEntries": of_project("TimeEntry", "project_id"),
    "members": lambda view, row, _: view.rows("ProjectMember", project_id=row["id"]),
    "exportBatches": of_project("ExportBatch", "project_id"),
    "health": tagged("ProjectHealth"),
    "activity": of_project("ActivityEvent", "project_id"),
    "url": lambda _view, row, _: f"https://app.theoneprojects.app/projects/{row['id']}",
}

PROJECT_HEALTH: dict[str, Rule] = {
    "overdue": lambda view, row, _: lists.overdue(view, row),
    "atRisk": lambda view, row, _: bool(lists.risks(view, row)),
    "riskReasons": lambda view, row, _: lists.risks(view, row),
    "overdueMilestones": lambda view, row, _: lists.overdue_milestones(view, row),
    "asOf": lambda view, _row, _: view.today,
}


# Tasks and milestones


def active_links(view: View, task: Row) -> list[Row]:
    return newest_first(view.rows("TicketLink", task_id=task["id"], unlinked_at=None))


def newest_link(view: View, task: Row) -> Row | None:
    return next(iter(active_links(view, task)), None)


def done(view: View, milestone: Row) -> int:
    tasks = view.rows("Task", milestone_id=milestone["id"])
    return 100 * sum(task["status"] == "DONE" for task in tasks) // len(tasks) if tasks else 0


def ticket_number(link: Row | None) -> str | None:
    return link["ticket_number"] if link else None


TASK: dict[str, Rule] = {
    "project": to_one("Project", "project_id"),
    "milestone": to_one("Milestone", "milestone_id"),
    "assignee": to_one("User", "assignee_id"),
    "reporter": to_one("User", "reporter_id"),
    "dependsOn": lambda view, row, _: [
        task for task in view.rows("Task") if view.rows("TaskDependency", task_id=row["id"], depends_on_id=task["id"])
    ],
    "psaTicketNumber": lambda view, row, _: ticket_number(newest_link(view, row)),
    "ticketLink": lambda view, row, _: newest_link(view, row),
    "ticketLinks": lambda view, row, _: active_links(view, row),
    "timeEntries": of_project("TimeEntry", "task_id"),
    "escalations": lambda view, row, _: newest_first(view.rows("Escalation", task_id=row["id"])),
}

MILESTONE: dict[str, Rule] = {
    "overdue": lambda view, row, _: lists.milestone_overdue(view, row),
    "progressPercent": lambda view, row, _: done(view, row),
    "project": to_one("Project", "project_id"),
    "tasks": of_project("Task", "milestone_id"),
}


# The ledger


def of_op(column: str) -> Rule:
    """A fact of the op behind an export's line."""
    return lambda view, row, _: view.rows("OutboundOp", id=row["op_id"])[0][column]


def confirmed_at(op: Row | None) -> datetime | None:
    """When the PSA confirmed it; a void later does not change that."""
    return op["settled_at"] if op and op["state"] in ("CONFIRMED", "VOIDED") else None


def sending(view: View, entry: Row, column: str) -> Any:
    op = lists.export_op(view, entry)
    return op[column] if op else None


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


TIME_ENTRY: dict[str, Rule] = {
    "billingAmount": lambda _view, row, _: amount(row),
    "exportStatus": lambda view, row, _: lists.export_status(view, row),
    "exportedAt": lambda view, row, _: confirmed_at(lists.export_op(view, row)),
    "psaTimeEntryId": lambda view, row, _: sending(view, row, "remote_id"),
    "exportedContractId": lambda view, row, _: (sending(view, row, "payload") or {}).get("contract_id"),
    "lockReasons": lambda view, row, _: lists.locks(view, row),
    "exportEligibility": tagged("ExportEligibility"),
    "project": to_one("Project", "project_id"),
    "task": to_one("Task", "task_id"),
    "milestone": to_one("Milestone", "milestone_id"),
    "user": to_one("User", "user_id"),
    "approvedBy": to_one("User", "approved_by_id"),
    "exportLines": lambda view, row, _: newest_first(view.rows("ExportLine", time_entry_id=row["id"])),
}

ELIGIBILITY: dict[str, Rule] = {
    "eligible": lambda view, row, _: lists.obstacles(view, row) == [],
    "reasons": lambda view, row, _: lists.obstacles(view, row),
}

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

LINE: dict[str, Rule] = {
    **{name: of_op(name) for name in ("state", "revision", "hours", "amount", "attempts")},
    "externalRef": of_op("external_ref"),
    "psaTimeEntryId": of_op("remote_id"),
    "errorCode": of_op("error_code"),
    "errorMessage": of_op("error_message"),
    "needsAttention": of_op("needs_attention"),
    "sentAt": of_op("last_sent_at"),
    "confirmedAt": lambda view, row, _: confirmed_at(view.one("OutboundOp", id=row["op_id"])),
    "timeEntry": to_one("TimeEntry", "time_entry_id"),
    "batch": to_one("ExportBatch", "batch_id"),
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
