"""Where reading begins, and what Projects knows of things that are the PSA's, as the reference answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from tests.reading import ledger, rules, verdicts
from tests.reading.lists import page
from tests.reading.rules import to_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.reading.reference import Row, View
    from tests.reading.rules import Rule

PREFIXES = {
    "prj": "Project", "act": "ActivityEvent", "tsk": "Task", "mst": "Milestone", "tkl": "TicketLink",
    "tme": "TimeEntry", "exl": "ExportLine", "exb": "ExportBatch",
    "esc": "Escalation", "ctl": "ContractLink", "mbr": "ProjectMember",
}  # fmt: skip


def project_of(view: View, row: Row) -> str | None:
    """Return the project that something belongs to."""
    if row["__typename"] == "ExportLine":
        return view.rows("ExportBatch", id=row["batch_id"])[0]["project_id"]
    return row["id"] if row["__typename"] == "Project" else row["project_id"]


def visible(view: View, table: str, **facts: Any) -> list[Row]:
    """Return the rows that the caller sees because they see the project."""
    return [row for row in view.rows(table, **facts) if view.sees(project_of(view, row))]


def visible_one(view: View, table: str, **facts: Any) -> Row | None:
    return next(iter(visible(view, table, **facts)), None)


def clients(view: View) -> list[Row]:
    """Domain 9: a client is visible when one of its projects is; to who sees everything, every client is."""
    return [row for row in view.rows("Client") if view.sees(None) or visible(view, "Project", client_id=row["id"])]


# What is the PSA's: a view over a key, there whether or not we know anything of it (surface, Federation)


def client_of(view: View, id_: str) -> Row:
    known = next((row for row in clients(view) if row["id"] == id_), None)
    return known or {"__typename": "Client", "id": id_, "name": None}


def linked_projects(view: View, contract_id: str) -> list[Row]:
    links = view.rows("ContractLink", psa_contract_id=contract_id, unlinked_at=None)
    linked = [link["project_id"] for link in links]
    return [project for project in visible(view, "Project") if project["id"] in linked]


def ticket_links(view: View, ticket_id: str) -> list[Row]:
    return visible(view, "TicketLink", psa_ticket_id=ticket_id, unlinked_at=None)


def linked_tasks(view: View, ticket_id: str) -> list[Row]:
    linked = [link["task_id"] for link in ticket_links(view, ticket_id)]
    return [task for task in visible(view, "Task") if task["id"] in linked]


def portfolio(projects: list[Row], events: list[Row]) -> Row:
    return {"__typename": "PortfolioHealth", "projects": projects, "events": events}


def client_health(view: View, client: Row) -> Row:
    return portfolio(
        visible(view, "Project", client_id=client["id"]), visible(view, "ActivityEvent", client_id=client["id"])
    )


def contract_health(view: View, contract: Row) -> Row:
    projects = linked_projects(view, contract["id"])
    ids = [project["id"] for project in projects]
    return portfolio(projects, [event for event in visible(view, "ActivityEvent") if event["project_id"] in ids])


def active(row: Row) -> list[Row]:
    return [project for project in row["projects"] if verdicts.active(project)]


def average(row: Row) -> float | None:
    progress = [project["progress_percent"] for project in active(row)]
    return round(sum(progress) / len(progress), 1) if progress else None


PORTFOLIO: dict[str, Rule] = {
    "activeProjects": lambda _view, row, _: len(active(row)),
    "overdueProjects": lambda view, row, _: sum(verdicts.overdue(view, project) for project in active(row)),
    "averageProgress": lambda _view, row, _: average(row),
    "overdueMilestones": lambda view, row, _: sum(
        verdicts.overdue_milestones(view, project) for project in active(row)
    ),
    "atRiskProjects": lambda view, row, _: len([project for project in active(row) if verdicts.risks(view, project)]),
    "recentActivity": lambda view, row, arguments: page(view, "ActivityEvent", row["events"], arguments),
    "asOf": lambda view, _row, _: view.today,
}

CLIENT: dict[str, Rule] = {
    "nodeId": lambda view, row, _: f"{view.world.org_id}:{row['id']}",
    "projects": lambda view, row, arguments: page(
        view, "Project", visible(view, "Project", client_id=row["id"]), arguments
    ),
    "health": lambda view, row, _: client_health(view, row),
}

CONTRACT: dict[str, Rule] = {
    "projects": lambda view, row, arguments: page(view, "Project", linked_projects(view, row["id"]), arguments),
    "health": lambda view, row, _: contract_health(view, row),
}

TICKET: dict[str, Rule] = {
    "links": lambda view, row, _: ticket_links(view, row["id"]),
    "tasks": lambda view, row, arguments: page(view, "Task", linked_tasks(view, row["id"]), arguments),
}

CONTRACT_LINK: dict[str, Rule] = {
    "clientId": lambda _view, row, _: row["psa_client_id"],
    "clientName": lambda _view, row, _: row["psa_client_name"],
    "linkedBy": to_one("User", "linked_by_id"),
    "contract": lambda _view, row, _: {"__typename": "Contract", "id": row["psa_contract_id"]},
    "project": to_one("Project", "project_id"),
}

TICKET_LINK: dict[str, Rule] = {
    "linkedBy": to_one("User", "linked_by_id"),
    "ticket": lambda _view, row, _: {"__typename": "Ticket", "id": row["psa_ticket_id"]},
    "task": to_one("Task", "task_id"),
    "project": to_one("Project", "project_id"),
}

EVENT: dict[str, Rule] = {
    "actor": to_one("User", "actor_id"),
    "project": to_one("Project", "project_id"),
    "client": to_one("Client", "client_id"),
    "task": to_one("Task", "task_id"),
}


# The roots


def node(view: View, id_: str) -> Row | None:
    table = PREFIXES.get(id_.partition("_")[0])
    return visible_one(view, table, id=id_) if table else None


def entity(view: View, representation: Any) -> Any:
    """Answer one representation; one that makes no sense is an error in its place."""
    known = isinstance(representation, dict) and isinstance(representation.get("id"), str)
    match representation.get("__typename") if known else None:
        case "Project" | "Task" as table:
            return visible_one(view, table, id=representation["id"])
        case "Client":
            return client_of(view, representation["id"])
        case "Contract" | "Ticket" as typename:
            return {"__typename": typename, "id": representation["id"]}
    return GraphQLError("no such representation")


def people_only(rule: Rule) -> Rule:
    """Refuse products' keys (domain 3: they read context, health and entities)."""

    def guarded(view: View, row: Row, arguments: Mapping[str, Any]) -> Any:
        if view.viewer.user_id is None:
            raise GraphQLError("for people")
        return rule(view, row, arguments)

    return guarded


def every(table: str) -> Rule:
    return lambda view, _row, arguments: page(view, table, visible(view, table), arguments)


def health_rows(view: View) -> list[Row]:
    return [client | {"__typename": "ClientHealth"} for client in clients(view)]


QUERY: dict[str, Rule] = {
    "viewer": lambda view, _row, _: view.one("User", id=view.viewer.user_id),
    "node": lambda view, _row, arguments: node(view, arguments["id"]),
    "nodes": lambda view, _row, arguments: [node(view, id_) for id_ in arguments["ids"]],
    "project": lambda view, _row, arguments: visible_one(view, "Project", id=arguments["id"]),
    "projectByNumber": lambda view, _row, arguments: visible_one(view, "Project", number=arguments["number"]),
    "projects": every("Project"),
    "task": lambda view, _row, arguments: visible_one(view, "Task", id=arguments["id"]),
    "tasks": every("Task"),
    "timeEntries": people_only(every("TimeEntry")),
    "client": lambda view, _row, arguments: next((row for row in clients(view) if row["id"] == arguments["id"]), None),
    "clients": lambda view, _row, arguments: page(view, "Client", clients(view), arguments),
    "organizationHealth": lambda view, _row, _: portfolio(visible(view, "Project"), visible(view, "ActivityEvent")),
    "commandCenter": lambda view, _row, arguments: page(view, "ClientHealth", health_rows(view), arguments),
    "exportBatch": people_only(lambda view, _row, arguments: visible_one(view, "ExportBatch", id=arguments["id"])),
    "exportBatches": people_only(every("ExportBatch")),
    "activity": every("ActivityEvent"),
    "_entities": lambda view, _row, arguments: [entity(view, each) for each in arguments["representations"]],
}

OTHERS: Mapping[str, Mapping[str, Rule]] = {
    "Query": QUERY,
    "Viewer": {"organization": lambda view, _row, _: view.one("Organization")},
    "Organization": {"id": lambda _view, row, _: row["org_id"]},
    "ProjectMember": {"user": to_one("User", "user_id")},
    "ClientHealth": {
        "client": lambda _view, row, _: row | {"__typename": "Client"},
        "health": lambda view, row, _: client_health(view, row),
    },
    "Project": rules.PROJECT, "ProjectHealth": rules.PROJECT_HEALTH, "Task": rules.TASK, "Milestone": rules.MILESTONE,
    "TimeEntry": rules.TIME_ENTRY, "ExportEligibility": rules.ELIGIBILITY, "ExportBatch": ledger.BATCH,
    "ExportCounts": ledger.COUNTS, "ExportTotals": ledger.TOTALS, "ExportLine": ledger.LINE, "ExportVoid": ledger.VOID,
    "Escalation": ledger.ESCALATION, "PortfolioHealth": PORTFOLIO, "Client": CLIENT, "Contract": CONTRACT,
    "Ticket": TICKET, "ContractLink": CONTRACT_LINK, "TicketLink": TICKET_LINK, "ActivityEvent": EVENT,
}  # fmt: skip
RULES: Mapping[str, Rule] = {f"{type_}.{name}": rule for type_, own in OTHERS.items() for name, rule in own.items()}
