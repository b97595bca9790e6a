"""What both systems have under one reference, and how that stands."""

from decimal import Decimal

import strawberry

from db.ledger.tables import OpState
from resolvers.reconciliations.facts import ExportFact
from resolvers.reconciliations.repairs import ExportRepair
from resolvers.reconciliations.verdicts import Finding, ReconciliationVerdict
from schema.exports import ExportLine
from schema.fields import shown, words
from schema.time_entries import TimeEntry

words(
    ReconciliationVerdict,
    "How an exported line stands in both systems.",
    MATCHED="The PSA has it once, as it was sent; differences that are only warnings may be listed.",
    MISSING_IN_PSA="The PSA had confirmed it and has it no more, on no contract and on no day.",
    DIFFERENT="What is billed there is not what was sent; or it stands there and should not; or nobody knows yet.",
    DUPLICATE_IN_PSA="The PSA has it more than once.",
    UNKNOWN_IN_PROJECTS="The PSA has an entry under a reference of ours that nobody here ever gave.",
)
words(
    ExportRepair,
    "The mutation that is the next step of a repair; new values may be added.",
    VOID_EXPORT="voidExport takes the line back in the PSA and frees its time entry.",
    RESOLVE_UNKNOWN_EXPORT="resolveUnknownExport looks the line up now.",
)
words(
    ExportFact,
    "What may differ between a line and the PSA's entry.",
    STATE="What became of the line here (an OpState), against PRESENT or ABSENT in the PSA.",
    PSA_TIME_ENTRY_ID="The id of the PSA's entry.",
    CONTRACT="The contract (the PSA's id).",
    DATE="The day of work.",
    HOURS="The hours.",
    AMOUNT="The amount. The PSA may price by its own terms.",
    RATE="The rate per hour. The PSA may have its own.",
    USER="Whose work it was.",
    TICKET="The ticket (the PSA's id).",
    NOTE="The description.",
)


@strawberry.type(description="A fact that both systems have otherwise.")
class ExportDifference:
    """One difference."""

    fact: ExportFact = strawberry.field(description="What differs.")
    ours: str | None = strawberry.field(description="What was sent.")
    theirs: str | None = strawberry.field(description="What the PSA has.")
    warning: bool = strawberry.field(description="Whether it may rightly differ; by itself it leaves a line MATCHED.")


@strawberry.type(description="What both systems have under one reference.")
class ExportReconciliationLine:
    """A line of ours, or an entry of the PSA that is nobody's."""

    finding: strawberry.Private[Finding]
    time_entry_id: strawberry.Private[str | None]
    export_line_id: strawberry.Private[str | None]
    time_entry: TimeEntry | None = shown("TimeEntry", "time_entry_id", "The time entry; null for one nobody knows.")
    export_line: ExportLine | None = shown("ExportLine", "export_line_id", "The line; null for one nobody knows.")
    repair: ExportRepair | None = strawberry.field(
        description="The mutation that is the next step; null where there is nothing to do, or none of ours can help."
    )
    hint: str | None = strawberry.field(description="What to do and to know, for people; null for what is MATCHED.")

    @strawberry.field(description="The reference under which both systems know it.")
    def external_ref(self) -> str:
        """Return the reference."""
        return self.finding.external_ref

    @strawberry.field(description="How it stands.")
    def verdict(self) -> ReconciliationVerdict:
        """Return the verdict."""
        return self.finding.verdict  # type: ignore[return-value] - what has none is no line

    @strawberry.field(description="What differs. Of several entries in the PSA, ours by its id is compared.")
    def differences(self) -> list[ExportDifference]:
        """Return the differences."""
        return list(self.finding.differences)  # type: ignore[arg-type]

    @strawberry.field(description="What became of the line here; null for one nobody knows.")
    def state(self) -> OpState | None:
        """Return the ledger's state as it was when the line was compared."""
        return self.finding.booked and self.finding.booked.state

    @strawberry.field(description="The PSA's ids of all that it has under the reference, the oldest first.")
    def psa_time_entry_ids(self) -> list[strawberry.ID]:
        """Return the ids."""
        return [strawberry.ID(record.id) for record in self.finding.records]

    @strawberry.field(description="Whether the PSA has invoiced any of it: that can no longer be taken back.")
    def invoiced(self) -> bool:
        """Tell whether any is."""
        return any(record.invoiced for record in self.finding.records)

    @strawberry.field(description="The hours that the PSA should have; 0 of what was refused, taken back or not ours.")
    def hours_ours(self) -> Decimal:
        """Return our hours."""
        return self.finding.ours[0]

    @strawberry.field(description="The hours that the PSA has, twins included.")
    def hours_theirs(self) -> Decimal:
        """Return the PSA's hours."""
        return self.finding.theirs[0]
