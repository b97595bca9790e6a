"""What people do with one exported line: take it back, look an unknown one up, or say what they saw of it."""

import strawberry

from db.exports.lookups import Finding
from schema.exports import ExportLine
from schema.fields import shown, words
from schema.time_entries import TimeEntry

from .keys import replayed_field, required_key

words(
    Finding,
    "What looking an export line up came to.",
    FOUND="The PSA has an entry under the line's reference, or one that somebody saw and named.",
    ABSENT="The PSA shows none. It is sent again only when no earlier request can still be under way; not at all where"
    " somebody said so.",
    UNANSWERED="The PSA could not be asked, or did not answer; it is looked up again by itself, or a person has to.",
    NOT_NEEDED="Nothing is unknown: the line is decided, or on its way.",
)


@strawberry.input(description="Which exported line to take back, and why.")
class VoidExportInput:
    """A line and a reason."""

    export_line_id: strawberry.ID = strawberry.field(description="The line; the PSA must have confirmed it.")
    reason: str = strawberry.field(description="Why, 1 to 200 characters; it is kept.")
    idempotency_key: str = required_key()


@strawberry.type(
    description="A line that is taken back. Once its state is VOIDED the entry is free to be corrected and exported"
    " again, as its next revision; until then the void goes on by itself."
)
class VoidExportPayload:
    """How far it is."""

    line_id: strawberry.Private[str]
    entry_id: strawberry.Private[str]
    replayed: bool = replayed_field()
    export_line: ExportLine | None = shown("ExportLine", "line_id", "The line, its state and its void.")
    time_entry: TimeEntry | None = shown("TimeEntry", "entry_id", "The time entry.")


@strawberry.input(
    description="What somebody saw in the PSA of a line that no lookup can settle. Exactly one of the two; it is kept"
    " with who said so."
)
class PsaSightingInput:
    """An entry, or none."""

    psa_time_entry_id: strawberry.ID | None = strawberry.field(
        description="The PSA's id of the entry that stands for the line: the line is CONFIRMED.", default=None
    )
    absent: bool = strawberry.field(
        description="The PSA has no entry for the line: the line is REJECTED and its time entry free to be exported"
        " again. Refused while an earlier request may still arrive.",
        default=False,
    )


@strawberry.input(description="Which unknown line to look up, or to settle.")
class ResolveUnknownExportInput:
    """A line."""

    export_line_id: strawberry.ID = strawberry.field(description="The line.")
    seen: PsaSightingInput | None = strawberry.field(
        description="What you saw in the PSA, for a line whose needsAttention is CANNOT_BE_LOOKED_UP or"
        " REMOTE_MISMATCH. Without it the line is looked up.",
        default=None,
    )


@strawberry.type(
    description="What the lookup found, and how the line stands now. One that is still UNKNOWN says in nextLookupAt"
    " when it is looked up again, and in needsAttention when a person has to look and say what was `seen`."
)
class ResolveUnknownExportPayload:
    """A finding and its line."""

    line_id: strawberry.Private[str]
    entry_id: strawberry.Private[str]
    finding: Finding = strawberry.field(description="What the PSA said.")
    export_line: ExportLine | None = shown("ExportLine", "line_id", "The line as it stands now.")
    time_entry: TimeEntry | None = shown("TimeEntry", "entry_id", "The time entry.")
