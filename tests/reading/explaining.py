"""How PostgreSQL answers an inquiry: by plans that are made once and for any value, as it explains them itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from db.organizations import Role
from db.plans.building import plan
from db.viewers import CallerKind, Viewer
from resolvers.context import Env
from resolvers.shaping import shaper
from tests.reading.estates import EVERYWHERE, LARGE, OWNER, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from db.session import Database
    from tests.reading.inquiries import Inquiry

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LITTLE = 500  # rows or blocks: what a read may touch more in a large organisation, chance being what it is
STEADY = {"organizations", "users"}  # tables as large for either organisation: reading all of a block is right
Node = dict[str, Any]


class Cost(NamedTuple):
    """Rows taken from tables and indexes, wanted or not, and blocks of either that were touched."""

    rows: float
    blocks: int


@dataclass(frozen=True)
class Finding:
    """What one asker's inquiry took in the small and in the large organisation, and the tables read as a whole."""

    name: str
    paired: bool
    small: Cost
    large: Cost
    scanned: frozenset[str]

    @property
    def grows(self) -> bool:
        """Tell whether the large organisation costs more than chance explains."""
        return any(large > 2 * small + LITTLE for small, large in zip(self.small, self.large, strict=True))


class Explainer:
    """Answers inquiries on one connection and tells what they took."""

    def __init__(self, database: Database, connection: Any) -> None:
        self.database = database
        self.connection = connection
        self._met: list[Node] = []  # the top of each statement's plan

    async def findings(self, inquiries: Iterable[Inquiry], users: Iterable[str]) -> list[Finding]:
        """Return what each inquiry takes, asked by each user."""
        asked = list(inquiries)
        return [await self.finding(inquiry, user) for user in users for inquiry in asked]

    async def finding(self, inquiry: Inquiry, user: str) -> Finding:
        """Return what an inquiry takes."""
        small, large = [await self._plans(inquiry, org, user) for org in (SMALL, LARGE)]
        nodes = [node for top in large for node in _nodes(top)]
        scanned = frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan") - STEADY
        return Finding(f"{inquiry.name}, asked by {user}", inquiry.paired, _cost(small), _cost(large), scanned)

    async def walks(self, table: str, inquiry: Inquiry, user: str) -> list[int]:
        """Return how often each statement of an inquiry goes to a table of the large organisation."""
        tops = await self._plans(inquiry, LARGE, user)
        return [sum(node["Actual Loops"] for node in _nodes(top) if node.get("Relation Name") == table) for top in tops]

    async def _plans(self, inquiry: Inquiry, org: str, user: str) -> list[Node]:
        sees_all, self._met = user == OWNER, []
        viewer = Viewer(
            kind=CallerKind.SESSION, org_id=org, user_id=user, name="", email=None, timezone="UTC", currency="USD",
            role=Role.OWNER if sees_all else Role.MEMBER, time_approval_required=True, sees_all=sees_all,
            belongs_to_many=user == EVERYWHERE,
        )  # fmt: skip
        run = shaper(plan(inquiry.root, self.database.fragments(viewer.sight)), typed=False)
        links: Any = None  # nothing is linked to
        await run(self._fetch, Env(org, user, NOW, links, viewer), inquiry.variables)
        return self._met

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Any:
        """Explain a statement and return its rows, as lists below them are asked for by these."""
        await self.connection.execute(f"PREPARE explained AS {sql}")
        given = f"({', '.join(map(_literal, arguments))})" if arguments else ""
        said = await self.connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE explained{given}"
        )
        await self.connection.execute("DEALLOCATE explained")
        self._met.append(json.loads(said)[0]["Plan"])
        return await self.connection.fetch(sql, *arguments)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        value = f"{{{','.join(value)}}}"
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _nodes(top: Node) -> Iterator[Node]:
    yield top
    for below in top.get("Plans", ()):
        yield from _nodes(below)


def _cost(plans: list[Node]) -> Cost:
    seen = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    scans = [node for top in plans for node in _nodes(top) if "Scan" in node["Node Type"]]
    rows = sum(sum(node.get(key, 0) for key in seen) * node["Actual Loops"] for node in scans)
    return Cost(rows, sum(top["Shared Hit Blocks"] + top["Shared Read Blocks"] for top in plans))
