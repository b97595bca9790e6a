"""Health, every door: the rules of a project, rolled up per client, per contract and for the whole organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, case, cast, func, select, true
from sqlalchemy.orm import aliased

from db.askers import Asker, within
from db.clients import Client
from db.contracts import ContractLink
from db.milestones.rules import overdue_count
from db.organizations import Organization
from db.projects.rules import RISKS, active, at_risk, overdue
from db.projects.tables import Project
from db.relations import Entity, Itself, Order, Summary, Through, ToMany

from .clients import has_visible_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement


def late(project: Any, asker: Asker) -> ColumnElement[int]:
    """Return how many of a project's milestones are overdue; none are while the project is not active (domain 9)."""
    return case((active(project), overdue_count(project, asker.today)), else_=0)


def _roll_up(projects: Callable[[Any, Any, Asker], ColumnElement[bool]]) -> Callable[[Any, Asker], Any]:
    """Return the summary over the active projects that `projects(row, project, asker)` picks for a row."""

    def select_from(row: Any, asker: Asker) -> Any:
        project = aliased(Project)
        each = select(
            project.progress_percent.label("progress"),
            case((overdue(project, asker.today), 1), else_=0).label("overdue"),
            overdue_count(project, asker.today).label("late"),
            case((at_risk(project, asker.today, 0), 1), else_=0).label("stalled"),
        ).where(within(asker, project, active(project), asker.member_of(project.id), projects(row, project, asker)))
        if not asker.sqlite:
            each = each.offset(0)  # keeps PostgreSQL from computing `late` again for every figure that uses it
        each = each.subquery()
        return select(
            cast(func.count(), Integer).label("active_projects"),
            _sum(each.c.overdue, "overdue_projects"),
            _sum(each.c.progress, "progress_sum"),
            _sum(each.c.late, "overdue_milestones"),
            _sum(case((each.c.late + each.c.stalled > 0, 1), else_=0), "at_risk_projects"),
        ).select_from(each)

    return select_from


def _sum(column: ColumnElement[Any], name: str) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), Integer).label(name)


def _of_client(row: Any, project: Any, _asker: Asker) -> ColumnElement[bool]:
    return project.client_id == row.id


def _of_contract(row: Any, project: Any, asker: Asker) -> ColumnElement[bool]:
    link = aliased(ContractLink)
    linked = within(
        asker, link, link.project_id == project.id, link.psa_contract_id == row.id, link.unlinked_at.is_(None)
    )
    return select(link.id).where(linked).exists()


def _everything(_row: Any, _project: Any, _asker: Asker) -> ColumnElement[bool]:
    return true()


OF_CLIENT, OF_CONTRACT, OF_ALL = _roll_up(_of_client), _roll_up(_of_contract), _roll_up(_everything)
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


def _portfolio(name: str, summary: Any, activity: ToMany, table: Any = None) -> Entity:
    facts = {figure: f"figures.{figure}" for figure in FIGURES}
    return Entity(
        name,
        table,
        facts={**facts, "as_of": lambda _row, asker: asker.today},
        relations={"figures": Summary("PortfolioFigures", summary), "recent_activity": activity},
    )


PORTFOLIO_FIGURES = Entity("PortfolioFigures")
CLIENT_HEALTH = _portfolio("ClientHealth", OF_CLIENT, _activity(column="client_id"))
CONTRACT_HEALTH = _portfolio(
    "ContractHealth",
    OF_CONTRACT,
    _activity(
        column="project_id",
        through=Through(ContractLink, "psa_contract_id", "project_id", lambda link, _asker: link.unlinked_at.is_(None)),
    ),
)
ORGANIZATION_HEALTH = _portfolio("OrganizationHealth", OF_ALL, _activity(column="org_id", key="org_id"), Organization)

COMMAND_CENTER = Entity(
    "CommandCenter",
    Client,
    relations={"client": Itself("Client", {}), "health": Itself("ClientHealth", {})},
    orders={"name": Order(lambda row, _descending: row.name_folded)},
    default_order=("name", False),
    visible=has_visible_project,
)
