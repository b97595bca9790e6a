"""Lists as the reference cuts them: filters, orders, pages. Rows go in already visible, a connection comes out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from db.pages import BadCursor, read_cursor, write_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.reading.reference import Row, View

FILTERS: Mapping[str, Callable[[View, Row, Any], bool]] = {
    "Project.clientId": lambda _view, row, value: row["client_id"] == value,
    "Project.contractId": lambda view, row, value: any(
        link["psa_contract_id"] == value for link in view.rows("ContractLink", project_id=row["id"], unlinked_at=None)
    ),
    "Project.status": lambda _view, row, value: row["status"] in value,
    "Project.ownerId": lambda _view, row, value: row["owner_id"] == value,
    "Project.search": lambda _view, row, value: _contains(row["name"], value) or _contains(row["number"], value),
    "Project.overdue": lambda view, row, value: overdue(view, row) is value,
    "Project.atRisk": lambda view, row, value: bool(risks(view, row)) is value,
    "Project.archived": lambda _view, row, value: (row["archived_at"] is not None) is value,
    "Task.projectId": lambda _view, row, value: row["project_id"] == value,
    "Task.milestoneId": lambda _view, row, value: row["milestone_id"] == value,
    "Task.assigneeId": lambda _view, row, value: row["assignee_id"] == value,
    "Task.status": lambda _view, row, value: row["status"] in value,
    "Task.linkedToTicket": lambda view, row, value: (
        bool(view.rows("TicketLink", task_id=row["id"], unlinked_at=None)) is value
    ),
    "Task.search": lambda _view, row, value: _contains(row["name"], value),
    "TimeEntry.projectId": lambda _view, row, value: row["project_id"] == value,
    "TimeEntry.taskId": lambda _view, row, value: row["task_id"] == value,
    "TimeEntry.userId": lambda _view, row, value: row["user_id"] == value,
    "TimeEntry.approvalStatus": lambda _view, row, value: row["approval_status"] in value,
    "TimeEntry.exportStatus": lambda view, row, value: export_status(view, row) in value,
    "TimeEntry.billable": lambda _view, row, value: row["billable"] is value,
    "TimeEntry.dateFrom": lambda _view, row, value: row["date"] >= date.fromisoformat(value),
    "TimeEntry.dateTo": lambda _view, row, value: row["date"] <= date.fromisoformat(value),
    "TimeEntry.exportable": lambda view, row, value: (obstacles(view, row) == []) is value,
    "Client.search": lambda _view, row, value: _contains(row["name"], value),
    "ActivityEvent.projectId": lambda _view, row, value: row["project_id"] == value,
    "ActivityEvent.clientId": lambda _view, row, value: row["client_id"] == value,
    "ActivityEvent.taskId": lambda _view, row, value: row["task_id"] == value,
    "ActivityEvent.kind": lambda _view, row, value: row["kind"] in value,
    "ActivityEvent.since": lambda _view, row, value: row["at"] >= datetime.fromisoformat(value),
}

# How a list is ordered when nobody says: column, and whether the largest come first
OWN_ORDER = {
    "TimeEntry": ("date", True), "Client": ("name", False), "ClientHealth": ("name", False),
    "ActivityEvent": ("id", True), "ExportBatch": ("id", True), "ExportLine": ("position", False),
}  # fmt: skip


def page(view: View, kind: str, rows: list[Row], arguments: Mapping[str, Any]) -> Row:
    """Return the connection that its arguments cut out of a list."""
    wanted = [
        row
        for row in rows
        if all(
            FILTERS[f"{kind}.{name}"](view, row, value)
            for name, value in (arguments.get("filter") or {}).items()
            if value is not None
        )
    ]
    order = arguments.get("orderBy")
    column, descending = OWN_ORDER.get(kind, ("id", False))
    if order is not None:
        column, descending = order["field"].lower().replace("created", "id"), order["direction"] == "DESC"
    return _cut(kind, wanted, column, arguments, descending=descending)


def _cut(kind: str, wanted: list[Row], column: str, arguments: Mapping[str, Any], *, descending: bool) -> Row:
    name = f"-{column}" if descending else column

    def place(row: Row) -> list[Any]:
        return [row["id"]] if column == "id" else [_sortable(row, column, descending=descending), row["id"]]

    rest = sorted(wanted, key=place, reverse=descending)
    after, first = arguments.get("after"), arguments.get("first")
    if after is not None:
        last = _read(after, name, column)
        rest = [row for row in rest if (place(row) < last if descending else place(row) > last)]
    first = 20 if first is None else first
    if not 0 <= first <= 100:
        raise GraphQLError("`first` is out of range")
    rows = rest[:first]
    cursors = [write_cursor(name, place(row)) for row in rows]
    return {
        "__typename": f"{kind}Connection",
        "nodes": rows,
        "edges": [
            {"__typename": f"{kind}Edge", "cursor": cursor, "node": row}
            for cursor, row in zip(cursors, rows, strict=True)
        ],
        "totalCount": len(wanted),
        "pageInfo": {
            "__typename": "PageInfo",
            "hasNextPage": len(rest) > len(rows),
            "hasPreviousPage": after is not None,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def by_due_date(rows: list[Row]) -> list[Row]:
    """Return rows by their due date, those without one last, the id deciding between equals."""
    return sorted(rows, key=lambda row: (_sortable(row, "due_date", descending=False), row["id"]))


def _sortable(row: Row, column: str, *, descending: bool) -> Any:
    value = row[column]
    if column == "name":
        return value.casefold()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value is None:
        return "0001-01-01" if descending else "9999-12-31"
    return value


def _read(cursor: str, name: str, column: str) -> list[Any]:
    size = 1 if column == "id" else 2
    try:
        values = [read_cursor(cursor, name, place, size) for place in range(size)]
    except BadCursor as bad:
        raise GraphQLError(str(bad)) from None
    if column == "updated_at":
        values[0] = datetime.fromisoformat(values[0]).astimezone(UTC)
    return values


def _contains(text: str, search: str) -> bool:
    return search.strip().casefold() in text.casefold()


# The rules that filters share with fields


def active(project: Row) -> bool:
    """Domain 9: not completed, archived left out."""
    return project["status"] != "COMPLETED" and project["archived_at"] is None


def overdue(view: View, project: Row) -> bool:
    """Domain 7: past its due date and active; due today is not overdue."""
    return active(project) and project["due_date"] is not None and project["due_date"] < view.today


def milestone_overdue(view: View, milestone: Row) -> bool:
    """Domain 7: past its date and not completed."""
    late = milestone["due_date"] is not None and milestone["due_date"] < view.today
    return late and milestone["status"] != "COMPLETED"


def overdue_milestones(view: View, project: Row) -> int:
    """Domain 9: of active projects only."""
    milestones = view.rows("Milestone", project_id=project["id"])
    return sum(milestone_overdue(view, milestone) for milestone in milestones) if active(project) else 0


def risks(view: View, project: Row) -> list[str]:
    """Domain 9: an active project with an overdue milestone, or with nothing done after the day it was to start."""
    begun = project["start_date"] is not None and project["start_date"] < view.today
    stalled = active(project) and project["progress_percent"] == 0 and begun
    late = overdue_milestones(view, project) > 0
    return ["OVERDUE_MILESTONE"] * late + ["NO_PROGRESS_PAST_START"] * stalled


def export_op(view: View, entry: Row) -> Row | None:
    """Return the newest op that sends an entry."""
    return view.one("OutboundOp", kind="TIME", subject_id=entry["id"], newest=True)


def export_status(view: View, entry: Row) -> str:
    """Domain 6."""
    op = export_op(view, entry)
    if op is None:
        return "NOT_EXPORTED"
    words = {"CONFIRMED": "EXPORTED", "REJECTED": "FAILED", "UNKNOWN": "UNKNOWN", "VOIDED": "VOIDED"}
    return words.get(op["state"], "IN_PROGRESS")


def locks(view: View, entry: Row) -> list[str]:
    """Domain 8.3: exported, in flight and unknown entries are locked."""
    words = {"EXPORTED": "ALREADY_EXPORTED", "IN_PROGRESS": "EXPORT_IN_PROGRESS", "UNKNOWN": "OUTCOME_UNKNOWN"}
    status = export_status(view, entry)
    return [words[status]] if status in words else []


def obstacles(view: View, entry: Row) -> list[str]:
    """Domain 8.4: what stands between an entry and its export."""
    reasons = []
    if entry["approval_status"] != "APPROVED":
        reasons.append("NOT_APPROVED")
    if not entry["billable"]:
        reasons.append("NOT_BILLABLE")
    if entry["hours"] <= 0:
        reasons.append("ZERO_HOURS")
    if entry["source"] == "PSA":
        reasons.append("ORIGINATED_IN_PSA")
    return reasons + locks(view, entry)
