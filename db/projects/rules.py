"""What makes a project active, overdue, at risk: each rule once, for Python and for SQL."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from db.rules import before, every, known, never, some

from .tables import ProjectStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from db.rules import Fact, Verdict


class RiskReason(StrEnum):
    """The two arms of the seed's at-risk rule."""

    OVERDUE_MILESTONE = "OVERDUE_MILESTONE"
    NO_PROGRESS_PAST_START = "NO_PROGRESS_PAST_START"


def active(project: Any) -> Verdict:
    """Tell whether work goes on: non-completed (the seed), and not archived (domain 9)."""
    return every(project.status != ProjectStatus.COMPLETED, never(known(project.archived_at)))


def overdue(project: Any, today: Fact) -> Verdict:
    """Tell whether an active project is past its due date; due today is not overdue (domain 7)."""
    return every(active(project), before(project.due_date, today))


# reason → rule of a project, of today, and of the number of its milestones that are overdue (milestones.overdue_count)
RISKS: Mapping[RiskReason, Callable[[Any, Fact, Fact], Verdict]] = {
    RiskReason.OVERDUE_MILESTONE: lambda project, _today, overdue_milestones: every(
        active(project), overdue_milestones > 0
    ),
    RiskReason.NO_PROGRESS_PAST_START: lambda project, today, _overdue_milestones: every(
        active(project), project.progress_percent == 0, before(project.start_date, today)
    ),
}


def at_risk(project: Any, today: Fact, overdue_milestones: Fact) -> Verdict:
    """Tell whether any of RISKS holds: overdue milestones, or 0 % progress past the start date (the seed)."""
    return some(*(rule(project, today, overdue_milestones) for rule in RISKS.values()))
