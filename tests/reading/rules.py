"""Projects, tasks, milestones and time as the reference answers them: `rule(view, row, arguments)` for each field."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tests.reading import verdicts
from tests.reading.lists import by_due_date, page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tests.reading.reference import Row, View

    Rule = Callable[[View, Row, Mapping[str, Any]], Any]

NOTHING, CENT = Decimal("0.00"), Decimal("0.01")


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
    return [
        entry for entry in view.rows("TimeEntry", project_id=project["id"]) if entry["approval_status"] != "REJECTED"
    ]


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
    "milestones": lambda view, row, _: by_due_date(view.rows("Milestone", project_id=row["id"])),
    "tasks": of_project("Task", "project_id"),
    "timeEntries": of_project("TimeEntry", "project_id"),
    "members": lambda view, row, _: view.rows("ProjectMember", project_id=row["id"]),
    "exportBatches": of_project("ExportBatch", "project_id"),
    "health": tagged("ProjectHealth"),
    "activity": of_project("ActivityEvent", "project_id"),
    "url": lambda _view, row, _: f"https://app.theoneprojects.app/projects/{row['id']}",
}

PROJECT_HEALTH: dict[str, Rule] = {
    "overdue": lambda view, row, _: verdicts.overdue(view, row),
    "atRisk": lambda view, row, _: bool(verdicts.risks(view, row)),
    "riskReasons": lambda view, row, _: verdicts.risks(view, row),
    "overdueMilestones": lambda view, row, _: verdicts.overdue_milestones(view, row),
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
        task
        for task in view.rows("Task")
        if task["id"] in [pair["depends_on_id"] for pair in view.rows("TaskDependency", task_id=row["id"])]
    ],
    "psaTicketNumber": lambda view, row, _: ticket_number(newest_link(view, row)),
    "ticketLink": lambda view, row, _: newest_link(view, row),
    "ticketLinks": lambda view, row, _: active_links(view, row),
    "timeEntries": of_project("TimeEntry", "task_id"),
    "escalations": lambda view, row, _: newest_first(view.rows("Escalation", task_id=row["id"])),
}

MILESTONE: dict[str, Rule] = {
    "overdue": lambda view, row, _: verdicts.milestone_overdue(view, row),
    "progressPercent": lambda view, row, _: done(view, row),
    "project": to_one("Project", "project_id"),
    "tasks": of_project("Task", "milestone_id"),
}


# Time


def confirmed_at(op: Row | None) -> datetime | None:
    """When the PSA confirmed it; a void later does not change that."""
    return op["settled_at"] if op and op["state"] in ("CONFIRMED", "VOIDED") else None


def sending(view: View, entry: Row, column: str) -> Any:
    op = verdicts.export_op(view, entry)
    return op[column] if op else None


TIME_ENTRY: dict[str, Rule] = {
    "billingAmount": lambda _view, row, _: amount(row),
    "exportStatus": lambda view, row, _: verdicts.export_status(view, row),
    "exportedAt": lambda view, row, _: confirmed_at(verdicts.export_op(view, row)),
    "psaTimeEntryId": lambda view, row, _: sending(view, row, "remote_id"),
    "exportedContractId": lambda view, row, _: (sending(view, row, "payload") or {}).get("contract_id"),
    "allowedActions": lambda view, row, _: verdicts.actions(view, row),
    "lockReasons": lambda view, row, _: verdicts.locks(view, row),
    "exportEligibility": tagged("ExportEligibility"),
    "project": to_one("Project", "project_id"),
    "task": to_one("Task", "task_id"),
    "milestone": to_one("Milestone", "milestone_id"),
    "user": to_one("User", "user_id"),
    "approvedBy": to_one("User", "approved_by_id"),
    "exportLines": lambda view, row, _: newest_first(view.rows("ExportLine", time_entry_id=row["id"])),
}

ELIGIBILITY: dict[str, Rule] = {
    "eligible": lambda view, row, _: verdicts.obstacles(view, row) == [],
    "reasons": lambda view, row, _: verdicts.obstacles(view, row),
}
