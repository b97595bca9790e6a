"""Exporting time: input, payload and the verdicts in it."""

import strawberry

from db.exports.batches import ExportPolicy
from db.exports.candidates import Verdict
from db.exports.outcomes import Outcome
from db.ledger.tables import OpState
from schema.exports import ExportBatch
from schema.fields import shown, words
from schema.projects import Project
from schema.time_entries import TimeEntry
from schema.verdicts import CODES, ExportCode, code_of

from .keys import replayed_field, required_key

words(
    ExportPolicy,
    "What one entry that cannot be exported means for the others.",
    BEST_EFFORT="Nothing: each entry answers for itself.",
    ALL_OR_NOTHING="Unless all can be exported, none is sent.",
)


@strawberry.input(description="Which time of a project to export to its contract.")
class ExportTimeEntriesInput:
    """Either a list or everything."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    time_entry_ids: list[strawberry.ID] | None = strawberry.field(
        description="The entries, 1 to 200; each gets a verdict.", default=None
    )
    all_eligible: bool = strawberry.field(
        description="Instead of a list: all that can be exported, at most 20,000, in the background.", default=False
    )
    policy: ExportPolicy = strawberry.field(
        description="What one that cannot be exported means for the others.", default=ExportPolicy.BEST_EFFORT
    )
    expect_fingerprint: str | None = strawberry.field(
        description="The fingerprint of an exportPreview of the same entries: unless exactly that would be sent,"
        " nothing is.",
        default=None,
    )
    idempotency_key: str = required_key()


@strawberry.input(description="Which failed export to try once more.")
class RetryExportInput:
    """A batch."""

    batch_id: strawberry.ID = strawberry.field(description="The batch; only lines the PSA refused are retried.")
    idempotency_key: str = required_key()


@strawberry.type(description="What became of one entry of an export.")
class ExportVerdict:
    """It answers for itself."""

    verdict: strawberry.Private[Verdict]
    outcome: strawberry.Private[Outcome | None]
    time_entry_id: strawberry.ID = strawberry.field(description="The id as it was given.")
    time_entry: TimeEntry | None = shown("TimeEntry", "time_entry_id", "The entry; null where the caller sees none.")
    batch: ExportBatch | None = shown("ExportBatch", "batch_id", "The batch it is in, or was exported with before.")

    @strawberry.field(description="Whether it is in this request's batch.")
    def accepted(self) -> bool:
        """Tell whether an op was written for it."""
        return self.verdict.op_id is not None

    @strawberry.field(description="How far it is; null when it was not accepted.")
    def state(self) -> OpState | None:
        """Return its op's state."""
        return self.outcome.state if self.outcome else None

    @strawberry.field(description="Why it is not exported, or not yet; null when it arrived or is simply on its way.")
    def code(self) -> ExportCode | None:
        """Return the reason for machines."""
        return code_of(_code(self))

    @strawberry.field(description="The same for people.")
    def message(self) -> str | None:
        """Return the reason for people."""
        said = self.outcome.error_message if self.outcome else None
        return said or CODES.get(_code(self) or "")

    @strawberry.field(description="The PSA's id of its entry, also of an earlier export that stands in the way.")
    def psa_time_entry_id(self) -> str | None:
        """Return the id under which the PSA keeps it."""
        return self.outcome.remote_id if self.outcome else self.verdict.psa_time_entry_id


def _code(line: ExportVerdict) -> str | None:
    if line.outcome is not None:
        return line.outcome.error_code
    return line.verdict.code or "OTHERS_REFUSED"


@strawberry.type(description="What became of an export so far. Lines that are not decided yet go on by themselves.")
class ExportTimeEntriesPayload:
    """A batch, and a verdict on each entry."""

    project_id: strawberry.Private[str]
    batch_id: strawberry.Private[str | None]
    replayed: bool = replayed_field()
    lines: list[ExportVerdict] = strawberry.field(
        description="A verdict for each listed entry, in the order given, each id once. Empty for allEligible:"
        " follow batch.lines."
    )
    batch: ExportBatch | None = shown("ExportBatch", "batch_id", "The batch; null when nothing is sent.")
    project: Project | None = shown("Project", "project_id", "The project.")


@strawberry.type(
    description="What became of a retry so far. The entries are judged and sent as they are now, in a batch of their"
    " own to the contract that is linked now; the old batch and its lines stay as they were."
)
class RetryExportPayload:
    """A new batch, and a verdict on each line that had failed."""

    project_id: strawberry.Private[str]
    batch_id: strawberry.Private[str | None]
    retried_id: strawberry.Private[str]
    replayed: bool = replayed_field()
    lines: list[ExportVerdict] = strawberry.field(
        description="A verdict on each line that had failed, in the old batch's order: retried, or why not. Empty where"
        " more than 200 had failed: they go on in the background, follow batch.lines."
    )
    batch: ExportBatch | None = shown("ExportBatch", "batch_id", "The new batch; null when nothing is sent.")
    retried_batch: ExportBatch | None = shown("ExportBatch", "retried_id", "The batch that had failed.")
    project: Project | None = shown("Project", "project_id", "The project.")
