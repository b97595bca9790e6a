"""What the PSA's Projects panel shows beside a project (the seed; domain 9): hours, and never money."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
from graphql import GraphQLError

from db.viewers import CallerKind
from resolvers.context import Context

from .executions import Executions
from .gate import Operation

# Read through the same plan as GraphQL, so that the panel and the API cannot tell two stories.
DOCUMENT = """
query ProjectContext($id: ID!) {
  project(id: $id) {
    ...Facts
    hoursEstimated hoursLogged
    client {
      id name
      projects(
        first: 100
        filter: {archived: false, status: [PLANNING, ACTIVE, ON_HOLD]}
        orderBy: {field: DUE_DATE}
      ) { nodes { ...Facts } }
    }
    contractLink { contractNumber contract { id } }
    health { asOf overdueMilestones }
    milestones { id name status dueDate }
    tasks(first: 100, filter: {linkedToTicket: true}) {
      nodes { id ticketLinks { ticketNumber ticketTitle ticketUrl } }
    }
  }
}
fragment Facts on Project {
  id number name status progressPercent startDate dueDate url
  health { overdue atRisk riskReasons }
}
"""
PROJECT = ("id", "number", "name", "status", "progressPercent", "startDate", "dueDate", "url")
FLAGS = ("overdue", "atRisk", "riskReasons")
COMPLETED = "COMPLETED"


class Broken(Exception):
    """The panel's own document met an error: a bug, never a caller's mistake."""


async def project_context(executions: Executions, context: Context, project_id: str) -> dict[str, Any] | None:
    """Return the panel's body, or None where the caller's organisation has no such project. Raise Broken."""
    assert context.viewer.kind is CallerKind.INTEGRATION  # noqa: S101 - no other credential opens this door
    operation = executions.choose(DOCUMENT, None, None, kind=context.viewer.kind)
    if not isinstance(operation, Operation):
        raise Broken(operation)
    result = await executions.answer(operation, {"id": project_id}, context)
    if result.data is None or result.errors:
        raise Broken from _first(result.errors)
    project = result.data["project"]
    return project and _body(project, context.now)


def etag(body: dict[str, Any]) -> str:
    """Return a weak tag of everything but the moment at which it was said."""
    said = {name: value for name, value in body.items() if name != "generatedAt"}
    return f'W/"{hashlib.sha256(orjson.dumps(said)).hexdigest()[:32]}"'


def _body(project: dict[str, Any], now: datetime) -> dict[str, Any]:
    client, link = project["client"], project["contractLink"]
    return {
        "project": _facts(project),
        "client": client and {"id": client["id"], "name": client["name"]},
        "contract": link and {"id": link["contract"]["id"], "number": link["contractNumber"]},
        "flags": _flags(project),
        "milestones": _milestones(project["milestones"], project["health"]),
        "hours": {"estimated": float(project["hoursEstimated"]), "logged": float(project["hoursLogged"])},
        "linkedTickets": [
            {
                "number": link["ticketNumber"], "title": link["ticketTitle"],
                "taskId": task["id"], "url": link["ticketUrl"],
            }
            for task in project["tasks"]["nodes"] for link in task["ticketLinks"]
        ],
        "clientActiveProjects": [
            {**_facts(other), "flags": _flags(other)} for other in (client["projects"]["nodes"] if client else ())
        ],
        "generatedAt": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }  # fmt: skip


def _facts(project: dict[str, Any]) -> dict[str, Any]:
    return {name: project[name] for name in PROJECT}


def _flags(project: dict[str, Any]) -> dict[str, Any]:
    return {name: project["health"][name] for name in FLAGS}


def _milestones(milestones: list[dict[str, Any]], health: dict[str, Any]) -> dict[str, Any]:
    opened = [each for each in milestones if each["status"] != COMPLETED]
    upcoming = [each for each in opened if each["dueDate"] is None or str(each["dueDate"]) >= str(health["asOf"])]
    return {
        "total": len(milestones),
        "completed": len(milestones) - len(opened),
        "overdue": health["overdueMilestones"],
        "upcoming": [{name: each[name] for name in ("id", "name", "status", "dueDate")} for each in upcoming],
    }


def _first(errors: list[GraphQLError] | None) -> BaseException | None:
    return (errors[0].original_error or errors[0]) if errors else None
