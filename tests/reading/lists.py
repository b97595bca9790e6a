"""Lists as the reference cuts them: filters, orders, pages. Rows go in already visible, a connection comes out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from db.pages import BadCursor, read_cursor, write_cursor
from tests.reading.verdicts import export_status, obstacles, overdue, risks

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
    "ExportBatch.projectId": lambda _view, row, value: row["project_id"] == value,
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

LISTED_AS = {"ClientHealth": "CommandCenter"}  # what cursors call a list that is not named after its type


def page(view: View, kind: str, rows: list[Row], arguments: Mapping[str, Any]) -> Row:
    """Return the connection that its arguments cut out of a list."""
    wanted = [
        row
        for row in rows
        if all(
            FILTERS[f"{kind}.{name}"](view, row, value)
            for name, value in _conditions(arguments).items()
            if value is not None
        )
    ]
    order = arguments.get("orderBy")
    column, descending = OWN_ORDER.get(kind, ("id", False))
    if order is not None:
        column, descending = order["field"].lower().replace("created", "id"), order["direction"] == "DESC"
    return _cut(kind, wanted, column, arguments, descending=descending)


def _conditions(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the filter's fields, and the arguments that are filters by themselves."""
    paging = {"first", "after", "orderBy", "filter"}
    return (arguments.get("filter") or {}) | {name: value for name, value in arguments.items() if name not in paging}


def _cut(kind: str, wanted: list[Row], column: str, arguments: Mapping[str, Any], *, descending: bool) -> Row:
    name = f"{'-' if descending else ''}{LISTED_AS.get(kind, kind)}.{column}"

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
    info = {"hasNextPage": len(rest) > len(rows), "hasPreviousPage": after is not None}
    return _connection(kind, rows, cursors, info) | {"totalCount": len(wanted)}


def _connection(kind: str, rows: list[Row], cursors: list[str], info: Row) -> Row:
    ends = (
        {"startCursor": cursors[0], "endCursor": cursors[-1]} if cursors else {"startCursor": None, "endCursor": None}
    )
    return {
        "__typename": f"{kind}Connection",
        "nodes": rows,
        "edges": [
            {"__typename": f"{kind}Edge", "cursor": cursor, "node": row}
            for cursor, row in zip(cursors, rows, strict=True)
        ],
        "pageInfo": {"__typename": "PageInfo", **info, **ends},
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
