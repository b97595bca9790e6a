"""How SQLAlchemy's expressions become text with open places.

`r__0` stands for the row a piece of SQL is about, `r__1` for a row it leads to, `r__2` for a table between both,
`r__ids` for an array of ids; parameters stand as `:name`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, literal_column, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql import visitors
from sqlalchemy.types import String

from db.askers import ENVIRONMENT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

OUTER, INNER, BETWEEN, IDS = "r__0", "r__1", "r__2", "r__ids"
PLACE = re.compile(rf'{OUTER}\.("?)(\w+)\1')
VALUE = "p__value"
MARK = "x__"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of SQL and the type of its value."""

    sql: str
    type: TypeEngine[Any]


class Open:
    """A row of no table: its facts are whatever the row underneath says when the fragment is placed."""

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return literal_column(f"{OUTER}.{name}", String())


class Writer:
    """Writes expressions for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        write: Any = type(dialect)
        self._dialect: Dialect = write(paramstyle="named")

    def expression(self, expression: Any, *rows: Any) -> Text:
        """Write an expression over rows."""
        written = self.statement(
            select(expression.label(MARK)).select_from(*(r for r in rows if not isinstance(r, Open)))
        )
        return Text(written[len("SELECT ") : written.rindex(f" AS {MARK}")], expression.type)

    def correlated(self, statement: Select[Any], row: Any) -> str:
        """Write a SELECT that depends on a row."""
        written = self.expression(statement.exists(), row).sql
        return written[written.index("(") + 1 : written.rindex(")")]

    def statement(self, statement: Select[Any]) -> str:
        """Write a whole SELECT."""
        for element in visitors.iterate(statement):
            if isinstance(element, BindParameter) and element.key not in ENVIRONMENT and element.key != VALUE:
                element.literal_execute = True  # a constant in the text lets partial indexes be used
        return str(statement.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True}))


def called(table: Any, name: str) -> Any:
    """Return a table under a name."""
    return aliased(table, name=name)


def named(table: Any) -> str:
    """Return a table's name in SQL."""
    return table.__tablename__
