"""Health, every door: the rules of a project, rolled up per client, per contract and for the whole organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, any_, case, cast, func, select, true
from sqlalchemy.orm import aliased

from db.askers import Asker, array_of, within
from db.clients import Client
from db.contracts import ContractLink
from db.milestones.rules import overdue_count, overdue_counts
from db.organizations import Organization
from db.projects.rules import RISKS, active, at_risk, overdue
from db.projects.tables import Project
from db.relations import Entity, Itself, Order, Summary, Through, ToMany

from . import links
from .clients import has_visible_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement


def late(project: Any, asker: Asker) -> ColumnElement[int]:
    """Return how many of a project's milestones are overdue; none are while the project is not active (domain 9)."""
    return case((active(project), overdue_count(project, asker.today)), else_=0)


def _roll_up(projects: Callable[[Any, Any, Asker], ColumnElement[bool]], of_many: Any = None) -> Summary:
    """Return the summary over the active projects that `projects(row, project, asker)` picks for a row."""

    def select_from(row: Any, asker: Asker) -> Any:
        project = aliased(Project)
        each = select(*_said_by(project, asker), overdue_count(project, asker.today).label("late")).where(
            within(asker, project, active(project), asker.member_of(project.id), projects(row, project, asker))
        )
        if not asker.sqlite:
            each = each.offset(0)  # keeps PostgreSQL from computing `late` again for every figure that uses it
        each = each.subquery()
        return select(*_figures(each.c, each.c.late))

    return Summary("PortfolioFigures", select_from, of_many)


def _of_clients(clients: Any, asker: Asker) -> Any:
    """Sum up many clients at once: projects, memberships and milestones are found by one walk of an index each."""
    project = aliased(Project)
    of_them = within(asker, project, active(project), project.client_id == any_(clients))
    met = select(project.id, project.client_id, *_said_by(project, asker)).where(of_them).cte("met")
    seen = select(met).where(asker.member_among(met.c.id, select(met.c.id))).cte("seen")
    late = overdue_counts(asker.org, array_of(select(seen.c.id)), asker.today)
    # FULL comes to LEFT, as what is late is late in a project seen, and cannot become a walk for each project.
    each = seen.outerjoin(late, late.c.project_id == seen.c.id, full=True)
    figures = _figures(seen.c, func.coalesce(late.c.number, 0))
    return select(seen.c.client_id.label("key"), *figures).select_from(each).group_by(seen.c.client_id)


def _said_by(project: Any, asker: Asker) -> list[ColumnElement[int]]:
    return [
        project.progress_percent.label("progress"),
        case((overdue(project, asker.today), 1), else_=0).label("overdue"),
        case((at_risk(project, asker.today, 0), 1), else_=0).label("stalled"),
    ]


def _figures(said: Any, late: ColumnElement[int]) -> list[ColumnElement[int]]:
    return [
        cast(func.count(), Integer).label("active_projects"),
        _sum(said.overdue, "overdue_projects"),
        _sum(said.progress, "progress_sum"),
        _sum(late, "overdue_milestones"),
        _sum(case((late + said.stalled > 0, 1), else_=0), "at_risk_projects"),
    ]


def _sum(column: ColumnElement[Any], name: str) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), Integer).label(name)


def _of_client(row: Any, project: Any, _asker: Asker) -> ColumnElement[bool]:
    return project.client_id == row.id


def _of_contract(row: Any, project: Any, asker: Asker) -> ColumnElement[bool]:
    return links.linked_to(project, row.id, asker)


def _everything(_row: Any, _project: Any, _asker: Asker) -> ColumnElement[bool]:
    return true()


FIGURES = ("active_projects", "overdue_projects", "progress_sum", "overdue_milestones", "at_risk_projects")


def _activity(**way: Any) -> ToMany:
    return ToMany("ActivityEvent", order="id", descending=True, crosses=True, **way)


PROJECT_HEALTH = Entity(
    "ProjectHealth",
    facts={
        "overdue": lambda row, asker: overdue(row, asker.today),
        "overdue_milestones": late,
        "as_of": lambda _row, asker: asker.today,
    }
    | {
        risk.value: lambda row, asker, rule=rule: rule(row, asker.today, overdue_count(row, asker.today))
        for risk, rule in RISKS.items()
    },
)


def _portfolio(name: str, summary: Summary, activity: ToMany, table: Any = None) -> Entity:
    facts = {figure: f"figures.{figure}" for figure in FIGURES}
    return Entity(
        name,
        table,
        facts={**facts, "as_of": lambda _row, asker: asker.today},
        relations={"figures": summary, "recent_activity": activity},
    )


PORTFOLIO_FIGURES = Entity("PortfolioFigures")
CLIENT_HEALTH = _portfolio("ClientHealth", _roll_up(_of_client, _of_clients), _activity(column="client_id"))
CONTRACT_HEALTH = _portfolio(
    "ContractHealth",
    _roll_up(_of_contract),
    _activity(
        column="project_id",
        through=Through(ContractLink, "psa_contract_id", "project_id", links.active),
    ),
)
ORGANIZATION_HEALTH = _portfolio(
    "OrganizationHealth", _roll_up(_everything), _activity(column="org_id", key="org_id"), Organization
)

COMMAND_CENTER = Entity(
    "CommandCenter",
    Client,
    relations={"client": Itself("Client", {}), "health": Itself("ClientHealth", {})},
    orders={"name": Order(lambda row, _descending: row.name_folded)},
    default_order=("name", False),
    visible=has_visible_project,
)
