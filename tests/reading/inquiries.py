"""One read for everything that is declared: a page per filter and per order, each relation, each row by its key."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, Integer, String

from db.pages import write_cursor
from db.plans.cuts import sort_name
from db.relations import ENTITIES, Entity, Filter, Summary, ToMany
from db.shapes import Const, Fact, Many, One, Page, PagePart, PageShape, Paging, Root, Shape, Var, Want
from db.types import Instant
from resolvers.readings import RootPage, reading_of
from schema.roots import build

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is given to filters; most values are found as often in a small organisation as in a large one.
VALUES: dict[str, Any] = {
    "Project.contract_id": "con_000050", "Project.owner_id": "usr_7", "Project.status": ["ACTIVE"],
    "Task.status": ["TODO"], "TimeEntry.approval_status": ["PENDING"], "TimeEntry.export_status": ["FAILED"],
    "ActivityEvent.kind": ["PROJECT_CREATED"], "ActivityEvent.since": datetime(2025, 1, 1, 12, tzinfo=UTC),
    "TimeEntry.date_from": date(2025, 3, 1), "TimeEntry.date_to": date(2025, 12, 1), "assignee_id": "usr_7",
    "user_id": "usr_7", "search": "e1a", "project_id": "prj_000500", "client_id": "cli_000050",
    "task_id": "tsk_000505", "milestone_id": "mst_000050",
}  # fmt: skip
KEYS = {
    "Project": "prj_000500", "Client": "cli_000050", "ClientHealth": "cli_000050", "Contract": "con_000050",
    "ContractHealth": "con_000050", "Ticket": "tic_000504", "Task": "tsk_000505", "Milestone": "mst_000050",
    "TimeEntry": "tme_000504", "ExportBatch": "exb_000500", "User": "usr_7", "ProjectMember": "mbr_000500usr_20",
    "Escalation": "esc_000500", "ExportLine": "exl_000504", "TicketLink": "tkl_000504", "ContractLink": "ctl_000501",
    "ActivityEvent": "act_000505", "OutboundOp": "op_000504",
}  # fmt: skip
KEYLESS = {"CommandCenter": "Client"}  # whose rows are another's
FIGURES = {"PortfolioFigures": "at_risk_projects", "ExportCounts": "total"}
# Where a page goes on, by the type of what it is ordered by.
PLACES: dict[type, Any] = {Date: "2026-05-01", Instant: "2025-01-01T12:00:00Z", Integer: 50, String: "8"}
FIRST, AFTER, VALUE, KEY = Var(("first",)), Var(("after",)), Var(("value",)), Var(("key",))


@dataclass(frozen=True)
class Inquiry:
    """A read, by the name of what is declared. A `paired` one sets a filter in another order than the entity's own."""

    name: str
    root: Root
    variables: dict[str, Any]
    paired: bool = False


def inquiries() -> Iterator[Inquiry]:
    """Yield a read for everything that clients can ask for."""
    schema: Any = build()._schema
    types = [type_ for name, type_ in schema.type_map.items() if not name.startswith("__")]
    readings = [reading_of(field) for type_ in types for field in getattr(type_, "fields", {}).values()]
    for entity in dict.fromkeys(reading.entity for reading in readings if isinstance(reading, RootPage)):
        yield from _pages(ENTITIES[entity])
    by_number = Root("Project", "one", "number", KEY, _shape(ENTITIES["Project"]))
    yield Inquiry("Project by number", by_number, {"key": "PRJ-000500"})
    paged = {reading.name for reading in readings if isinstance(reading, Page)}
    for name in KEYS:
        yield from _by_key(ENTITIES[name], paged)


def _pages(entity: Entity) -> Iterator[Inquiry]:
    """Yield every order and every filter, in the entity's own order and in others, from the start and after a row."""
    own = entity.default_order
    filters = [("", None), *((name, on) for name, declared in entity.filters.items() for on in _switched(declared))]
    orders = sorted({own, *itertools.product(entity.orders, (False, True))})
    for filter_, order, continued in itertools.product(filters, orders, (False, True)):
        paired = bool(filter_[0]) and order != own
        if not (paired and continued):
            yield _page_of(entity, filter_, order, continued=continued, paired=paired)


def _page_of(
    entity: Entity, filter_: tuple[str, bool | None], order: tuple[str, bool], *, continued: bool, paired: bool
) -> Inquiry:
    name, on = filter_
    filters = {name: VALUE if on is None else Const(on)} if name else {}
    paging = Paging(FIRST, AFTER if continued else None, filters, order)
    by = f"{'-' * order[1]}{order[0]}{' continued' * continued}"
    said = f"{entity.name}({name}{'' if on is None else f'={on}'}) by {by}"
    value = VALUES.get(f"{entity.name}.{name}", VALUES.get(name))
    assert on is not None or not name or value is not None, f"VALUES has nothing to ask {entity.name}.{name} for"
    variables = {"first": 50, "value": value, "after": _cursor(entity, order)}
    return Inquiry(said, Root(entity.name, "page", page=_page(entity), paging=paging), variables, paired)


def _switched(declared: Filter) -> list[bool | None]:
    return [True, False] if declared.type is None else [None]


def _cursor(entity: Entity, order: tuple[str, bool]) -> str:
    declared = entity.orders.get(order[0])
    places = [place for type_, place in PLACES.items() if declared and isinstance(declared.type, type_)]
    return write_cursor(sort_name(entity, order), [*places, KEYS[KEYLESS.get(entity.name, entity.name)]])


def _by_key(entity: Entity, paged: set[str]) -> Iterator[Inquiry]:
    """Yield a row with all that it leads to, and each of its lists: twice, as only one can ride on the row."""
    key = {"key": [KEYS[entity.name]], "first": 50}
    yield Inquiry(entity.name, Root(entity.name, "keys", key=KEY, shape=_shape(entity)), key)
    for name, relation in entity.relations.items():
        if isinstance(relation, ToMany):
            lists = {place: _list(name, relation, page=name in paged) for place in ("riding", "alone")}
            shape = Shape(entity.name, lists)
            yield Inquiry(f"{entity.name}.{name}", Root(entity.name, "keys", key=KEY, shape=shape), key)


def _shape(entity: Entity) -> Shape:
    """Return a row with everything that it leads to."""
    ones = {name: relation for name, relation in entity.relations.items() if not isinstance(relation, ToMany)}
    wants = {name: Want(One(name), shape=_bare(relation)) for name, relation in ones.items()}
    return Shape(entity.name, {"own": Want(Fact(entity.identity)), **wants})


def _bare(relation: Any) -> Shape:
    fact = FIGURES[relation.target] if isinstance(relation, Summary) else ENTITIES[relation.target].identity
    return Shape(relation.target, {"fact": Want(Fact(fact))})


def _page(entity: Entity) -> PageShape:
    return PageShape("Connection", {"nodes": PagePart("nodes", shape=_shape(entity))})


def _list(name: str, relation: ToMany, *, page: bool) -> Want:
    target = ENTITIES[relation.target]
    if page:
        return Want(Page(name), page=_page(target), paging=Paging(FIRST))
    return Want(Many(name), shape=_shape(target))
