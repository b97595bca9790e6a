"""When a milestone is overdue, and how many of a project's are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, func, select
from sqlalchemy.orm import aliased

from db.rules import before, every

from .tables import Milestone, MilestoneStatus

if TYPE_CHECKING:
    from sqlalchemy import ScalarSelect, Subquery

    from db.rules import Fact, Verdict


def overdue(milestone: Any, today: Fact) -> Verdict:
    """Tell whether a milestone is past its due date and not completed (the seed); due today is not overdue."""
    return every(milestone.status != MilestoneStatus.COMPLETED, before(milestone.due_date, today))


def overdue_count(project: Any, today: Fact) -> ScalarSelect[int]:
    """Return the number of a project's overdue milestones as an expression over the project's columns."""
    milestone = aliased(Milestone)
    counted = select(func.count()).select_from(milestone)
    return counted.where(
        milestone.org_id == project.org_id, milestone.project_id == project.id, overdue(milestone, today)
    ).scalar_subquery()


def overdue_counts(org: Fact, projects: Any, today: Fact) -> Subquery:
    """Return `project_id` and `number` of those projects of an array that have overdue milestones."""
    milestone = aliased(Milestone)
    counted = select(milestone.project_id, func.count().label("number")).group_by(milestone.project_id)
    return counted.where(
        milestone.org_id == org, milestone.project_id == any_(projects), overdue(milestone, today)
    ).subquery()
