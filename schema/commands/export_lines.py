"""What people do with one exported line: take it back, or look an unknown one up."""

import strawberry

from db.exports.lookups import Finding
from schema.exports import ExportLine
from schema.fields import shown, words
from schema.time_entries import TimeEntry

from .keys import replayed_field, required_key

words(
    Finding,
    "What looking an export line up came to.",
    FOUND="The PSA has an entry under the line's reference.",
    ABSENT="The PSA shows none. It is sent again only when no earlier request can still be under way.",
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


@strawberry.input(description="Which unknown line to look up.")
class ResolveUnknownExportInput:
    """A line."""

    export_line_id: strawberry.ID = strawberry.field(description="The line.")


@strawberry.type(
    description="What the lookup found, and how the line stands now. One that is still UNKNOWN says in nextLookupAt"
    " when it is looked up again, and in needsAttention when a person has to look."
)
class ResolveUnknownExportPayload:
    """A finding and its line."""

    line_id: strawberry.Private[str]
    entry_id: strawberry.Private[str]
    finding: Finding = strawberry.field(description="What the PSA said.")
    export_line: ExportLine | None = shown("ExportLine", "line_id", "The line as it stands now.")
    time_entry: TimeEntry | None = shown("TimeEntry", "entry_id", "The time entry.")
