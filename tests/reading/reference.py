"""The naive reference: an organisation's rows in memory, and every field answered from them by the plainest Python.

It shares nothing with the planner: its own rules (`rules.py`), its own lists (`lists.py`), graphql-core with one
resolver. Only cursors are read and written by `db.pages`, since they are opaque to everybody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from graphql import ExecutionResult, GraphQLSchema, build_schema, execute, print_schema
from sqlalchemy import select

from db import tables as _every_table  # noqa: F401 - imported so that the registry below is complete
from db.base import Base
from schema.roots import build
from tests.reading.population import TODAY
from tests.reading.roots import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode

    from db.session import Database
    from db.viewers import Viewer

Row = dict[str, Any]


@dataclass
class World:
    """Everything that an organisation has: rows as dicts, by table."""

    org_id: str
    tables: dict[str, list[Row]] = field(default_factory=dict)
    found: dict[Any, list[Row]] = field(default_factory=dict)

    @classmethod
    async def load(cls, database: Database, org_id: str) -> World:
        """Read every table of an organisation, one plain SELECT each."""
        world = cls(org_id)
        async with database.read(org_id) as session:
            for mapper in Base.registry.mappers:
                rows = await session.scalars(select(mapper.class_).where(mapper.class_.org_id == org_id))
                names = [column.key for column in mapper.column_attrs]
                kept = [{name: getattr(row, name) for name in names} for row in rows]
                world.tables[mapper.class_.__name__] = kept
        return world


class View:
    """The world as one caller sees it."""

    def __init__(self, world: World, viewer: Viewer) -> None:
        self.world = world
        self.viewer = viewer
        self.today = TODAY

    def sees(self, project_id: str | None) -> bool:
        """The visibility rule: owners, admins and products see everything, others what they are members of."""
        if self.viewer.user_id is None or self.viewer.role in ("OWNER", "ADMIN"):
            return True
        return any(
            member["project_id"] == project_id and member["user_id"] == self.viewer.user_id
            for member in self.world.tables["ProjectMember"]
        )

    def rows(self, table: str, **facts: Any) -> list[Row]:
        """Return a table's rows with these facts, whoever asks, each knowing its type; in the order of their ids."""
        wanted = (table, *facts.items())
        if wanted not in self.world.found:
            rows = [row for row in self.world.tables[table] if all(row[name] == value for name, value in facts.items())]
            rows = [{"__typename": table} | row for row in rows]
            self.world.found[wanted] = sorted(rows, key=lambda row: row.get("id", ""))
        return self.world.found[wanted]

    def one(self, table: str, **facts: Any) -> Row | None:
        """Return the one row with these facts, whoever asks, or None."""
        found = self.rows(table, **facts)
        assert len(found) <= 1, f"several rows of {table} with {facts}"
        return found[0] if found else None


def _resolve(source: Row | None, info: Any, **arguments: Any) -> Any:
    rule: Any = RULES.get(f"{info.parent_type.name}.{info.field_name}")
    if rule is not None:
        return _shown(rule(info.context, source, arguments))
    assert source is not None
    name = info.field_name
    return _shown(source[name] if name in source else source[_column(name)])


def _shown(value: Any) -> Any:
    """Return a stored value as the wire has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal | date) else value


def _column(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def reference_schema() -> GraphQLSchema:
    """Return a schema made from nothing but the contract's text."""
    return build_schema(print_schema(build()._schema))


@dataclass
class Reference:
    """The contestant that is right by looking at it."""

    world: World
    view: type[View] = View
    schema: GraphQLSchema = field(default_factory=reference_schema)

    def execute(self, document: DocumentNode, variables: Mapping[str, Any], viewer: Viewer) -> ExecutionResult:
        """Answer a document."""
        result = execute(
            self.schema, document, variable_values=dict(variables), field_resolver=_resolve,
            context_value=self.view(self.world, viewer),
        )  # fmt: skip
        assert isinstance(result, ExecutionResult)
        return result


def written(result: ExecutionResult) -> bytes:
    """Return an answer's data as bytes."""
    return orjson.dumps(result.data)
