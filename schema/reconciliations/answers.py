"""Reconciliation: our ledger and the PSA's books side by side, asked live; nothing is changed by looking."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Union

import strawberry

from db.refusals import Forbidden, InvalidInput, ProjectNotFound
from db.shapes import PAGE_DEFAULT
from resolvers.context import Info
from resolvers.reconciliations.answers import Question, Reconciliation, Tally, export_reconciliation
from resolvers.reconciliations.verdicts import ReconciliationVerdict
from schema.commands.declarations import ASKS_PSA
from schema.errors import TYPES
from schema.fields import Edge, PageInfo

from .lines import ExportReconciliationLine


@strawberry.type(description="A page of lines, in the order of their references.")
class ExportReconciliationConnection:
    """A Relay connection; a page may be short although there is more, when the calls of one answer were spent."""

    edges: list[Edge[ExportReconciliationLine]] = strawberry.field(description="The lines with their cursors.")
    nodes: list[ExportReconciliationLine] = strawberry.field(description="The lines.")
    page_info: PageInfo = strawberry.field(description="Where this page lies; go on behind endCursor.")
    total_count: int | None = strawberry.field(
        description="How many lines the list has, `verdicts` applied; null where this answer did not see all of it."
        " Asking for it walks through the whole period."
    )


@strawberry.type(description="The lines of one verdict, added up.")
class ExportReconciliationTotal:
    """Both systems' sums."""

    verdict: ReconciliationVerdict = strawberry.field(description="The verdict.")
    count: int = strawberry.field(description="How many lines.")
    hours_ours: Decimal = strawberry.field(description="The hours that the PSA should have.")
    hours_theirs: Decimal = strawberry.field(description="The hours that it has.")
    amount_ours: Decimal = strawberry.field(description="The amount that was sent.")
    amount_theirs: Decimal = strawberry.field(description="The amount that the PSA has, where it says so.")


@strawberry.type(
    description="What was compared, added up: from `after`, or the beginning, to the end of the period. An answer costs"
    " the PSA 50 calls or so at most (5,000 lines), then it stops, and `resumeAfter` says where to go on."
)
class ExportReconciliationTotals:
    """Sums of everything that was compared, whatever page and verdicts were asked for."""

    by_verdict: list[ExportReconciliationTotal] = strawberry.field(description="Every verdict, also those of no line.")
    unsettled: int = strawberry.field(
        description="Lines on their way, or being voided, of which nothing can be said until they are settled."
    )
    complete: bool = strawberry.field(description="Whether the end of the period was reached.")
    resume_after: str | None = strawberry.field(
        description="Pass it as `after` to compare the rest, and add up; null when this was all."
    )


@strawberry.type(description="What a project's ledger and the PSA have of one period. Nothing was changed by looking.")
class ExportReconciliation:
    """A walk through both books."""

    from_: date = strawberry.field(name="from", description="The first day of work that was compared.")
    to: date = strawberry.field(description="The last one.")
    contract_ids: list[strawberry.ID] = strawberry.field(
        description="The contracts whose entries were listed (the PSA's ids): the linked one, and those exported to."
    )
    totals: ExportReconciliationTotals = strawberry.field(
        description="Everything added up. Asking for it walks through the whole period."
    )
    lines: ExportReconciliationConnection = strawberry.field(description="The page that was asked for.")


_MEMBERS = (ProjectNotFound, Forbidden, InvalidInput, *ASKS_PSA)
if TYPE_CHECKING:
    ExportReconciliationResult = Any
else:
    ExportReconciliationResult = Annotated[
        Union[(ExportReconciliation, *(TYPES[kind] for kind in _MEMBERS))],
        strawberry.union("ExportReconciliationResult", description="The comparison, or why there is none."),
    ]


async def reconcile_exports(
    info: Info,
    project_id: Annotated[strawberry.ID, strawberry.argument(description="The project.")],
    first_day: Annotated[
        date | None, strawberry.argument(name="from", description="The first day of work; 30 days before `to`.")
    ] = None,
    last_day: Annotated[
        date | None, strawberry.argument(name="to", description="The last day of work; today, where you are.")
    ] = None,
    verdicts: Annotated[
        list[ReconciliationVerdict] | None, strawberry.argument(description="Show only these; all when left out.")
    ] = None,
    first: Annotated[int, strawberry.argument(description="How many lines, from 0 to 100.")] = PAGE_DEFAULT,
    after: Annotated[str | None, strawberry.argument(description="A cursor of this list, or resumeAfter.")] = None,
) -> ExportReconciliationResult:
    """Answer exportReconciliation."""
    wanted = None if verdicts is None else frozenset(verdicts)
    is_counted = _asks_for_sums(info.selected_fields[0].selections)
    question = Question(project_id, first_day, last_day, wanted, first, after, is_counted)
    found = await export_reconciliation(info.context, question)
    return ExportReconciliation(
        from_=found.period[0],
        to=found.period[1],
        contract_ids=[strawberry.ID(contract_id) for contract_id in found.contract_ids],
        totals=_totals(found),
        lines=_page(found),
    )


def _asks_for_sums(selections: Iterable[Any]) -> bool:
    """Tell whether something is selected that only a walk to the end of the period can answer."""
    return any(
        each.name in ("totals", "totalCount") or (each.name == "lines" and _asks_for_sums(each.selections))
        if hasattr(each, "arguments")
        else _asks_for_sums(each.selections)
        for each in selections
    )


def _totals(found: Reconciliation) -> ExportReconciliationTotals:
    return ExportReconciliationTotals(
        by_verdict=[_total(verdict, found.tallies.get(verdict, Tally())) for verdict in ReconciliationVerdict],
        unsettled=found.unsettled,
        complete=found.resume_after is None,
        resume_after=found.resume_after,
    )


def _total(verdict: ReconciliationVerdict, tally: Tally) -> ExportReconciliationTotal:
    return ExportReconciliationTotal(
        verdict=verdict,
        count=tally.count,
        hours_ours=tally.hours_ours,
        hours_theirs=tally.hours_theirs,
        amount_ours=tally.amount_ours,
        amount_theirs=tally.amount_theirs,
    )


def _page(found: Reconciliation) -> ExportReconciliationConnection:
    nodes: list[Any] = found.lines
    place = PageInfo(
        has_next_page=found.has_more or found.resume_after is not None,
        has_previous_page=found.question.after is not None,
        start_cursor=nodes[0].cursor if nodes else None,
        end_cursor=found.end_cursor,
    )
    edges = [Edge(cursor=line.cursor, node=line) for line in nodes]
    return ExportReconciliationConnection(edges=edges, nodes=nodes, page_info=place, total_count=found.total_count)
