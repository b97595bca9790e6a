"""Health: of one project with its reasons, and rolled up for the PSA's Command Center."""

from datetime import date

import strawberry

from db.projects.rules import RiskReason

from .activity import ActivityFilter
from .fields import Connection, computed, fact, one, page, words
from .references import ClientRef, EventRef

words(
    RiskReason,
    "Why a project is at risk.",
    OVERDUE_MILESTONE="A milestone is overdue.",
    NO_PROGRESS_PAST_START="It should have begun, and nothing is done.",
)
REASONS = tuple(reason.value for reason in RiskReason)


def _reasons(_env: object, *holds: bool) -> list[str]:
    return [reason for reason, held in zip(REASONS, holds, strict=True) if held]


def _average(_env: object, total: int, projects: int) -> float | None:
    return round(total / projects, 1) if projects else None


@strawberry.type(description="Whether a project is overdue or at risk, today where the organisation is.")
class ProjectHealth:
    """Computed by the rules of the seed, never set by hand."""

    overdue: bool = fact("Whether it is active and past its due date; due today is not overdue.")
    at_risk: bool = computed(
        lambda _env, *holds: any(holds), *REASONS, description="Whether any of the reasons below holds."
    )
    risk_reasons: list[RiskReason] = computed(
        _reasons, *REASONS, description="Why it is at risk; empty when it is not."
    )
    overdue_milestones: int = fact("How many of its milestones are overdue.")
    as_of: date = fact("The day this was computed for.")


@strawberry.type(description="The health of several projects together: of a client, a contract or the organisation.")
class PortfolioHealth:
    """Counts the projects that the caller may see."""

    active_projects: int = fact("Projects that are not completed and not archived.")
    overdue_projects: int = fact("Active projects past their due date.")
    average_progress: float | None = computed(
        _average, "progress_sum", "active_projects",
        description="The mean progress of active projects in percent, one decimal; null when there are none.",
    )  # fmt: skip
    overdue_milestones: int = fact("Milestones of active projects that are past their date and not reached.")
    at_risk_projects: int = fact("Active projects with an overdue milestone, or with 0 % past their start.")
    recent_activity: Connection[EventRef] = page("What happened lately, newest first.", filter=ActivityFilter)
    as_of: date = fact("The day this was computed for.")


@strawberry.type(description="A client and the health of its projects: a row of the PSA's Command Center.")
class ClientHealth:
    """One row."""

    client: ClientRef = one("The client.")
    health: PortfolioHealth = one("The health of its projects.")
