"""The verdicts of `domain.md`, written once more: overdue, at risk, exported, locked, eligible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reading.reference import Row, View


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


RANKS = ["VIEWER", "MEMBER", "MANAGER", "ADMIN", "OWNER"]


def is_at_least(view: View, least: str, project_id: str) -> bool:
    """Domain 3: owners and admins of the organisation keep their role; a Hub viewer only reads; products too."""
    viewer = view.viewer
    if viewer.user_id is None or viewer.role is None:
        return False
    member = view.one("ProjectMember", project_id=project_id, user_id=viewer.user_id)
    if viewer.role in ("OWNER", "ADMIN"):
        return True
    if member is None or viewer.role == "VIEWER":
        return False
    return RANKS.index(member["role"]) >= RANKS.index(least)


def actions(view: View, entry: Row) -> list[str]:
    """Domain 3, 8.3 and 8.4: the worker or a manager corrects what is not locked, a manager does the rest."""
    manages = is_at_least(view, "MANAGER", entry["project_id"])
    own = entry["user_id"] == view.viewer.user_id and is_at_least(view, "MEMBER", entry["project_id"])
    status, free = export_status(view, entry), locks(view, entry) == []
    found = {
        "EDIT": (own or manages) and free,
        "DELETE": (own or manages) and status == "NOT_EXPORTED",
        "APPROVE": manages and entry["approval_status"] == "PENDING",
        "REJECT": manages and free and entry["approval_status"] in ("PENDING", "APPROVED"),
        "EXPORT": manages and obstacles(view, entry) == [],
        "RETRY": manages and obstacles(view, entry) == [] and status == "FAILED",
        "VOID": manages and status == "EXPORTED",
        "RESOLVE": manages and status == "UNKNOWN",
    }
    return [name for name, may in found.items() if may]
