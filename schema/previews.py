"""The preview of an export: the export's own verdicts, before anything is written."""

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Union

import strawberry
from graphql import GraphQLError

from db.exports import previews
from db.exports.previews import Concern
from db.pages import BadCursor, read_cursor, write_cursor
from db.refusals import ContractNotLinked, Forbidden, InvalidInput, ListTooLong, ProjectNotFound
from db.shapes import PAGE_DEFAULT, PAGE_MOST
from psa.errors import PsaNotConfigured
from resolvers.context import Info
from resolvers.exports import PreviewLine, export_preview
from resolvers.levels import Level

from .errors import TYPES
from .fields import Connection, Edge, PageInfo, shown, words
from .time_entries import TimeEntry
from .verdicts import CODES, ExportCode, code_of

SORT = "place"

words(
    Concern,
    "What does not stop an export, and may still be wrong.",
    CONTRACT_EXPIRED="The contract has ended, or ends before the day of work, as its snapshot says.",
    RATE_MISSING="The entry has no rate, so its amount is 0.00.",
    CLIENT_MISMATCH="The contract is another client's than the project's.",
)


@strawberry.type(description="What would become of one entry.")
class ExportPreviewLine:
    """The verdict that the export would give."""

    line: strawberry.Private[previews.Line]
    time_entry_id: strawberry.ID = strawberry.field(description="The id as it was given.")
    time_entry: TimeEntry | None = shown("TimeEntry", "time_entry_id", "The entry; null where the caller sees none.")

    @strawberry.field(description="Whether it would be sent.")
    def eligible(self) -> bool:
        """Tell whether nothing stands in the way."""
        return self.line.verdict.code is None

    @strawberry.field(description="What stands in the way; empty when it is eligible.")
    def reasons(self) -> list[ExportCode]:
        """Return every reason, the one that counts first."""
        return [code_of(reason) for reason in self.line.verdict.reasons]

    @strawberry.field(description="The first reason, for people.")
    def message(self) -> str | None:
        """Return the reason for people."""
        return CODES.get(self.line.verdict.code or "")

    @strawberry.field(description="What may be wrong although it would be sent.")
    def warnings(self) -> list[Concern]:
        """Return the concerns."""
        return list(self.line.concerns)


@strawberry.type(description="How many entries would be refused for one reason, which is the first of theirs.")
class ExportPreviewRefusals:
    """A reason and its number."""

    code: ExportCode = strawberry.field(description="The reason.")
    count: int = strawberry.field(description="How many entries.")


@strawberry.type(description="How many entries that would be sent have something to look at.")
class ExportPreviewWarning:
    """A concern and its number."""

    code: Concern = strawberry.field(description="The concern.")
    count: int = strawberry.field(description="How many entries.")


@strawberry.type(description="What an export would do now. Nothing was written, and the PSA was not asked.")
class ExportPreview:
    """Totals first, every line below."""

    contract_id: strawberry.ID = strawberry.field(description="The contract it would go to (the PSA's id).")
    contract_number: str = strawberry.field(description="The contract's number.")
    hours: Decimal = strawberry.field(description="The hours that would be sent.")
    amount: Decimal = strawberry.field(description="What they are worth, in the organisation's currency.")
    eligible_count: int = strawberry.field(description="How many entries would be sent.")
    refused_count: int = strawberry.field(description="How many would not.")
    refusals: list[ExportPreviewRefusals] = strawberry.field(description="Why not, by reason.")
    warnings: list[ExportPreviewWarning] = strawberry.field(description="What may be wrong with what would be sent.")
    fingerprint: str = strawberry.field(description="The same as long as the same would be sent to the same contract.")
    all_lines: strawberry.Private[tuple[previews.Line, ...]]

    @strawberry.field(description="Every entry with its verdict, in the order given; the oldest first where none was.")
    def lines(
        self,
        first: Annotated[int, strawberry.argument(description="How many to return, from 0 to 100.")] = PAGE_DEFAULT,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[ExportPreviewLine]:
        """Cut a page."""
        return _page(self.all_lines, first, after)


_MEMBERS = (ProjectNotFound, Forbidden, ContractNotLinked, InvalidInput, ListTooLong, PsaNotConfigured)
if TYPE_CHECKING:
    ExportPreviewResult = Any
else:
    ExportPreviewResult = Annotated[
        Union[(ExportPreview, *(TYPES[kind] for kind in _MEMBERS))],
        strawberry.union("ExportPreviewResult", description="What an export would do, or why there can be none."),
    ]


async def preview_export(
    info: Info,
    project_id: Annotated[strawberry.ID, strawberry.argument(description="The project.")],
    time_entry_ids: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(description="The entries, 1 to 200; all that are eligible when left out."),
    ] = None,
) -> ExportPreviewResult:
    """Answer exportPreview."""
    found = await export_preview(info.context, project_id, None if time_entry_ids is None else list(time_entry_ids))
    reasons = Counter(line.verdict.code for line in found.lines if line.verdict.code)
    concerns = Counter(concern for line in found.lines for concern in line.concerns)
    refused = reasons.total()
    return ExportPreview(
        contract_id=strawberry.ID(found.contract.psa_contract_id),
        contract_number=found.contract.contract_number,
        hours=found.hours,
        amount=found.amount,
        eligible_count=len(found.lines) - refused,
        refused_count=refused,
        refusals=[ExportPreviewRefusals(code=code_of(code), count=count) for code, count in reasons.items()],
        warnings=[ExportPreviewWarning(code=concern, count=count) for concern, count in concerns.items()],
        fingerprint=found.fingerprint,
        all_lines=found.lines,
    )


def _page(lines: tuple[previews.Line, ...], first: int, after: str | None) -> Any:
    begin = _place_after(after)
    if not 0 <= first <= PAGE_MOST:
        raise _bad(f"`first` must be between 0 and {PAGE_MOST}.")
    level = Level()
    nodes = [PreviewLine(level, line.verdict.entry_id, line) for line in lines[begin : begin + first]]
    edges: list[Any] = [
        Edge(cursor=write_cursor(SORT, [place]), node=node)
        for place, node in enumerate(nodes, begin)  # type: ignore[arg-type]
    ]
    place = PageInfo(
        has_next_page=begin + first < len(lines),
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=nodes, page_info=place, total_count=len(lines))


def _place_after(after: str | None) -> int:
    if after is None:
        return 0
    try:
        return max(0, int(read_cursor(after, SORT, 0, 1)) + 1)
    except (BadCursor, ValueError, TypeError):
        raise _bad(str(BadCursor())) from None


def _bad(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
