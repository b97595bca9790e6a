"""Who asks and when, as SQL sees it: parameters that every planned statement leaves open."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, JSON, String, and_, any_, bindparam, func, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.types import Date, TypeDecorator

from .projects.tables import ProjectMember
from .types import Instant, Key

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

ENVIRONMENT: dict[str, TypeEngine[Any]] = {"org": Key, "user": Key, "today": Date(), "now": Instant()}


class Sight(Enum):
    """What somebody may see: the whole organisation, many of its projects, or few. Each reads by SQL of its own."""

    ALL = auto()
    MANY = auto()
    FEW = auto()


class Way(Enum):
    """How PostgreSQL is to find what an asker may see; the rows are the same.

    ANY leaves it to the planner, who knows the average member and not this one. EACH looks a membership up for each row
    that is met: right for few rows, and for members of many projects. FEW begins with the projects of the asker.
    """

    ANY = auto()
    EACH = auto()
    FEW = auto()


class Asker:
    """The asker's parameters, and the visibility rule."""

    def __init__(self, *, sees_all: bool, sqlite: bool, way: Way = Way.ANY) -> None:
        self.sees_all = sees_all
        self.sqlite = sqlite
        self.way = way
        self.org = bindparam("org", type_=ENVIRONMENT["org"], required=False)
        self.user = bindparam("user", type_=ENVIRONMENT["user"], required=False)
        self.today = bindparam("today", type_=ENVIRONMENT["today"], required=False)
        self.now = bindparam("now", type_=ENVIRONMENT["now"], required=False)

    def member_of(self, project_id: Any) -> ColumnElement[bool]:
        """The visibility rule: a project is there for its members, and for those who see everything."""
        if self.sees_all:
            return true()
        member, mine = self._mine()
        if self.way is Way.FEW:
            return project_id == any_(array_of(mine))
        return self.found(mine.where(member.project_id == project_id))

    def member_among(self, project_id: Any, projects: Select[Any]) -> ColumnElement[bool]:
        """The visibility rule where it is asked of all `projects` at once: one walk of the memberships finds theirs.

        PostgreSQL keeps what was found in a hash table; without IS TRUE it would join, and might compare all with all.
        """
        if self.sees_all:
            return true()
        member, mine = self._mine()
        return project_id.in_(mine.where(member.project_id == any_(array_of(projects)))).is_(true())

    def memberships(self) -> Select[int]:
        """Count the projects that the visibility rule leaves a member: each membership has its project, and is one."""
        return select(func.count()).where(ProjectMember.org_id == self.org, ProjectMember.user_id == self.user)

    def _mine(self) -> tuple[Any, Select[Any]]:
        member = aliased(ProjectMember)
        return member, select(member.project_id).where(member.org_id == self.org, member.user_id == self.user)

    def found(self, rows: Select[Any]) -> ColumnElement[bool]:
        """Return whether there are such rows; OFFSET keeps PostgreSQL from joining what is to be looked up."""
        return (rows.offset(0) if self.way is Way.EACH else rows).exists()

    def among(self, column: ColumnElement[Any], values: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return whether a column is one of the values of a list parameter (made with type `Listed`)."""
        if self.sqlite:
            return column.in_(select(func.json_each(values).table_valued("value").c.value))
        return column == any_(values)


def array_of(rows: Select[Any]) -> ColumnElement[Any]:
    """Return the only column of rows as an array, computed before anything that is compared with it (PostgreSQL)."""
    return func.array(rows.scalar_subquery())


class Listed(TypeDecorator[list[str]]):
    """A list of keys or words as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick what the driver takes."""
        return dialect.type_descriptor(JSON() if dialect.name == "sqlite" else ARRAY(String()))


def within(asker: Asker, row: Any, *conditions: Any) -> ColumnElement[bool]:
    """Return the conditions with the organisation before them: no statement goes without it."""
    return and_(row.org_id == asker.org, *conditions)
