"""The answer to one question: a page of findings, and totals that are added up while the walk goes by."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from db import inputs
from db.exports.reconciliations import Period, contracts_to_compare
from db.pages import BadCursor, read_cursor, write_cursor
from db.refusals import InvalidInput
from db.shapes import PAGE_MOST
from resolvers.exports import require_configured
from resolvers.inputs import require_texts
from resolvers.levels import Level, Part

from .repairs import repair
from .walks import Walk

if TYPE_CHECKING:
    from collections.abc import Collection

    from resolvers.context import Context

    from .repairs import ExportRepair
    from .verdicts import Finding, ReconciliationVerdict

SORT = "reference"
USUAL_PERIOD = timedelta(days=30)  # and the last day itself


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `verdicts` None stands for all; `is_counted`: the totals are wanted, so the walk goes on."""

    project_id: str
    first_day: date | None
    last_day: date | None
    verdicts: Collection[ReconciliationVerdict] | None
    first: int
    after: str | None
    is_counted: bool


@dataclass(slots=True)
class ReconciledLine(Part):
    """A finding as one line of the list."""

    finding: Finding

    @property
    def cursor(self) -> str:
        """Return the cursor that continues behind it."""
        return write_cursor(SORT, [self.finding.external_ref])

    @property
    def time_entry_id(self) -> str | None:
        """Return our entry's id."""
        return self.finding.booked and self.finding.booked.time_entry_id

    @property
    def export_line_id(self) -> str | None:
        """Return our line's id."""
        return self.finding.booked and self.finding.booked.line_id

    @property
    def repair(self) -> ExportRepair | None:
        """Return the next step."""
        return repair(self.finding)[0]

    @property
    def hint(self) -> str | None:
        """Return what to know about it."""
        return repair(self.finding)[1]


@dataclass(slots=True)
class Tally:
    """How many lines have a verdict, and what they add up to on both sides."""

    count: int = 0
    hours_ours: Decimal = Decimal("0.00")
    hours_theirs: Decimal = Decimal("0.00")
    amount_ours: Decimal = Decimal("0.00")
    amount_theirs: Decimal = Decimal("0.00")

    def add(self, finding: Finding) -> None:
        """Count a finding in."""
        (hours_ours, amount_ours), (hours_theirs, amount_theirs) = finding.ours, finding.theirs
        self.count += 1
        self.hours_ours += hours_ours
        self.hours_theirs += hours_theirs
        self.amount_ours += amount_ours
        self.amount_theirs += amount_theirs


@dataclass(slots=True)
class Reconciliation:
    """What one walk brought: never more lines than a page has, whatever the period holds.

    `resume_after` is the cursor behind which the next answer goes on counting, None when the period was over.
    """

    question: Question
    period: Period
    contract_ids: list[str]
    lines: list[ReconciledLine] = field(default_factory=list)
    tallies: dict[ReconciliationVerdict, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unsettled: int = 0
    has_more: bool = False
    resume_after: str | None = None
    _level: Level = field(default_factory=Level)

    @property
    def end_cursor(self) -> str | None:
        """Return where the next page begins: behind the last line, or, of a page not filled, where the walk ended."""
        if self.resume_after and not self.has_more:
            return self.resume_after
        return self.lines[-1].cursor if self.lines else self.question.after

    @property
    def total_count(self) -> int | None:
        """Return how many lines the list has; None when this walk did not see all of it."""
        if self.question.after is not None or self.resume_after is not None:
            return None
        return sum(tally.count for verdict, tally in self.tallies.items() if self._is_wanted(verdict))

    @property
    def is_enough(self) -> bool:
        """Tell whether nothing that was asked for is still ahead."""
        return self.has_more and not self.question.is_counted

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it as long as there is room on the page."""
        if finding.verdict is None:
            self.unsettled += finding.is_unsettled
            return
        self.tallies[finding.verdict].add(finding)
        if not self._is_wanted(finding.verdict):
            return
        if len(self.lines) < self.question.first:
            self.lines.append(ReconciledLine(self._level, finding))
        else:
            self.has_more = True

    def _is_wanted(self, verdict: ReconciliationVerdict) -> bool:
        return self.question.verdicts is None or verdict in self.question.verdicts


async def export_reconciliation(context: Context, question: Question) -> Reconciliation:
    """Compare a project's exports of a period with what the PSA has now; nothing is changed, here or there.

    Raise ProjectNotFound, Forbidden, InvalidInput or PsaError.
    """
    behind = _checked(question)
    period = _period(question, context.today)
    async with context.database.read(context.viewer.org_id) as session:
        contract_ids = await contracts_to_compare(session, context.viewer, question.project_id)
    await require_configured(context)
    answer = Reconciliation(question, period, contract_ids)
    walk = Walk(context, await context.psa(), question.project_id, contract_ids, period, behind)
    async for findings in walk.stretches():
        for finding in findings:
            answer.add(finding)
        if answer.is_enough:
            break
    answer.resume_after = None if walk.is_over else write_cursor(SORT, [walk.position])
    return answer


def _checked(question: Question) -> str:
    """Return the reference behind which the walk begins. Raise InvalidInput."""
    require_texts(project_id=question.project_id, after=question.after)
    if not 0 <= question.first <= PAGE_MOST:
        raise InvalidInput({"first": f"must be between 0 and {PAGE_MOST}"})
    if question.after is None:
        return ""
    try:
        return inputs.text(read_cursor(question.after, SORT, 0, 1))
    except (BadCursor, ValueError, TypeError):
        raise InvalidInput({"after": "is no cursor of this list"}) from None


def _period(question: Question, today: date) -> Period:
    """Return both days, whichever was given. Raise InvalidInput."""
    last = question.last_day or today
    first = question.first_day or last - min(USUAL_PERIOD, last - date.min)
    if first > last:
        raise InvalidInput({"from": f"must not be later than {last}"})
    return first, last
