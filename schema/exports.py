"""Exports: batches and their lines, as the ledger tells them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import strawberry

from db.exports.rules import BatchStatus, Counts, batch_status
from db.ledger.tables import OpState

from .fields import Connection, computed, fact, one, page, words
from .nodes import Node
from .people import User
from .references import LineRef, ProjectRef, TimeEntryRef

words(
    OpState,
    "What became of something that was to be sent to the PSA.",
    PENDING="It waits to be sent.",
    SENT="It is being sent.",
    CONFIRMED="The PSA has it, once.",
    REJECTED="The PSA refused it, or a person looked there and did not find it.",
    UNKNOWN="No answer came. It is looked up before it is sent again; where no lookup can tell, a person has to say.",
    VOIDED="It was taken back.",
)


words(
    BatchStatus,
    "How a batch stands.",
    RUNNING="Some lines are not decided yet.",
    SUCCEEDED="Every line arrived.",
    PARTIAL="Some lines arrived, some were refused.",
    FAILED="No line arrived.",
)


COUNTS = ("pending", "unknown", "confirmed", "rejected", "voided")


def _status(_env: object, *counts: int) -> str:
    return batch_status(Counts(*counts)).value


@strawberry.type(description="How many lines of a batch there are, by what became of them.")
class ExportCounts:
    """They always add up to the total."""

    total: int = fact("All lines.")
    pending: int = fact("Lines that wait or are being sent.")
    confirmed: int = fact("Lines the PSA has.")
    rejected: int = fact("Lines the PSA refused.")
    unknown: int = fact("Lines whose outcome nobody knows yet.")
    voided: int = fact("Lines that were taken back.")


@strawberry.type(description="What the lines of a batch add up to.")
class ExportTotals:
    """Frozen when the batch was made."""

    hours: Decimal = fact("All hours.", "counts.hours")
    amount: Decimal = fact("All amounts, in the organisation's currency.", "counts.amount")


@strawberry.type(description="What somebody asked to be exported at once.")
class ExportBatch(Node):
    """A batch."""

    id: strawberry.ID = fact("The batch's id.")
    status: BatchStatus = computed(_status, *(f"counts.{count}" for count in COUNTS), description="How it stands.")
    contract_id: strawberry.ID = fact("The contract it went to (the PSA's id).", "psa_contract_id")
    contract_number: str = fact("The contract's number.")
    requested_at: datetime = fact("When it was asked for.")
    finished_at: datetime | None = fact("When its last line was decided.")
    requested_by: User | None = one("Who asked for it.")
    project: ProjectRef = one("The project.")
    counts: ExportCounts = one("Its lines by what became of them.")
    totals: ExportTotals = one("What its lines add up to.")
    lines: Connection[LineRef] = page("Its lines, in the order in which they were asked for.")


def _reason(_env: object, payload: Mapping[str, str]) -> str:
    return payload["reason"]


@strawberry.type(description="The wish to take a line back, and what became of it.")
class ExportVoid:
    """The newest wish of the line."""

    state: OpState = fact("What became of it: CONFIRMED once the PSA has removed its entry.")
    reason: str = computed(_reason, "payload", description="Why, as it was said.")
    requested_at: datetime = fact("When it was asked for.", "created_at")
    finished_at: datetime | None = fact("When it was decided.", "settled_at")
    error_code: str | None = fact("Why the PSA has not removed its entry, for machines.", "shown_code")
    error_message: str | None = fact("Why the PSA has not removed its entry, for people.", "shown_message")


@strawberry.type(description="One time entry in one batch.")
class ExportLine(Node):
    """Old lines stay as they were, whatever comes after."""

    id: strawberry.ID = fact("The line's id.")
    state: OpState = fact("What became of it.")
    external_ref: str = fact("The reference under which the PSA knows it.")
    revision: int = fact("The entry's revision that was sent.")
    hours: Decimal = fact("The hours that were sent.")
    amount: Decimal = fact("The amount that was sent.")
    psa_time_entry_id: str | None = fact("The PSA's id of its entry.")
    error_code: str | None = fact("Why it is not confirmed, for machines.")
    error_message: str | None = fact("Why it is not confirmed, for people.")
    needs_attention: str | None = fact("Why somebody should look at it.")
    attempts: int = fact("How often it was tried.")
    sent_at: datetime | None = fact("When it was last sent.")
    confirmed_at: datetime | None = fact("When the PSA confirmed it.")
    next_lookup_at: datetime | None = fact(
        "When an unknown one is looked up again; null of all others, and where a person has to look."
    )
    void: ExportVoid | None = one("The wish to take it back; null where there was none.")
    time_entry: TimeEntryRef = one("The entry.")
    batch: ExportBatch = one("The batch.")
