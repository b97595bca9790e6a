"""Logging, correcting, deleting and deciding on time: inputs and payloads."""

from datetime import date as Day  # noqa: N812 - a field of ours is called date
from decimal import Decimal

import strawberry
from strawberry import Maybe

from schema.errors import ProjectsError, shown_as
from schema.fields import shown
from schema.projects import Project
from schema.time_entries import TimeEntry

from .keys import optional_key, replayed_field


@strawberry.input(description="Time that was worked.")
class LogTimeInput:
    """Only project and hours are needed."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    hours: Decimal = strawberry.field(description='How long, in hours from 0 to 24: "1.50" is one hour and a half.')
    date: Day | None = strawberry.field(
        description="The day of work; today, where the organisation is, when left out.", default=None
    )
    description: str | None = strawberry.field(
        description="What was done; the PSA's entry and the invoice show it.", default=None
    )
    billable: bool = strawberry.field(description="Whether the client pays for it.", default=True)
    billing_rate: Decimal | None = strawberry.field(
        description="The rate per hour; the person's, or else the project's, when left out.", default=None
    )
    task_id: strawberry.ID | None = strawberry.field(description="The task it was worked on.", default=None)
    milestone_id: strawberry.ID | None = strawberry.field(
        description="The milestone it was worked towards.", default=None
    )
    user_id: strawberry.ID | None = strawberry.field(
        description="Who worked; the caller when left out. For others it takes the role MANAGER.", default=None
    )
    idempotency_key: str | None = optional_key()


@strawberry.type(description="Time that was logged.")
class LogTimePayload:
    """The new entry, or the one that the same key logged before."""

    entry_id: strawberry.Private[str]
    replayed: bool = replayed_field()
    time_entry: TimeEntry | None = shown("TimeEntry", "entry_id", "The time entry.")


@strawberry.input(
    description="What to change of a time entry. What is left out stays. A change asks for approval again; what is"
    " exported, or may be, is locked."
)
class UpdateTimeEntryInput:
    """Changes."""

    time_entry_id: strawberry.ID = strawberry.field(description="The time entry.")
    hours: Maybe[Decimal | None] = strawberry.field(description="How long, in hours from 0 to 24.")
    date: Maybe[Day | None] = strawberry.field(description="The day of work.")
    description: Maybe[str | None] = strawberry.field(description="What was done.")
    billable: Maybe[bool | None] = strawberry.field(description="Whether the client pays for it.")
    billing_rate: Maybe[Decimal | None] = strawberry.field(description="The rate per hour; null for none.")
    task_id: Maybe[strawberry.ID | None] = strawberry.field(description="The task it was worked on; null for none.")
    milestone_id: Maybe[strawberry.ID | None] = strawberry.field(
        description="The milestone it was worked towards; null for none."
    )
    user_id: Maybe[strawberry.ID | None] = strawberry.field(
        description="Who worked. Where no rate is given and the entry has the default of the person before (their own,"
        " or else the project's), it takes the new person's."
    )


@strawberry.type(description="A time entry that was changed.")
class UpdateTimeEntryPayload:
    """The entry as it is now."""

    entry_id: strawberry.Private[str]
    time_entry: TimeEntry | None = shown("TimeEntry", "entry_id", "The time entry.")


@strawberry.input(description="Which time entry to delete.")
class DeleteTimeEntryInput:
    """What was ever in an export stays."""

    time_entry_id: strawberry.ID = strawberry.field(description="The time entry.")


@strawberry.type(description="A time entry that is gone.")
class DeleteTimeEntryPayload:
    """What it was."""

    project_id: strawberry.Private[str]
    deleted_id: strawberry.ID = strawberry.field(description="The id it had.")
    project: Project | None = shown("Project", "project_id", "The project it was worked for.")


@strawberry.type(description="What became of one time entry that was decided on.")
class TimeEntryDecision:
    """An entry, or why not."""

    time_entry_id: strawberry.ID = strawberry.field(description="The id as it was given.")
    changed: bool = strawberry.field(description="Whether this decided it; false where it had been decided so before.")
    time_entry: TimeEntry | None = shown("TimeEntry", "time_entry_id", "The entry; null where the caller sees none.")

    @strawberry.field(description="Why nothing was decided; null when it was.")
    def error(self) -> ProjectsError | None:
        """Return the refusal as data."""
        return shown_as(self.refusal) if self.refusal else None  # type: ignore[attr-defined]


@strawberry.input(description="Which time entries to approve.")
class ApproveTimeEntriesInput:
    """Each is decided on by itself."""

    time_entry_ids: list[strawberry.ID] = strawberry.field(description="The entries, at most 200, of any project.")


@strawberry.type(description="What became of the entries that were to be approved.")
class ApproveTimeEntriesPayload:
    """One verdict each."""

    results: list[TimeEntryDecision] = strawberry.field(description="One for each id, in the order given.")


@strawberry.input(description="Which time entries to reject, and why.")
class RejectTimeEntriesInput:
    """Each is decided on by itself."""

    time_entry_ids: list[strawberry.ID] = strawberry.field(
        description="The entries, at most 200, of any project: pending ones, and approved ones that are not exported."
    )
    reason: str | None = strawberry.field(description="What is wrong with them.", default=None)


@strawberry.type(description="What became of the entries that were to be rejected.")
class RejectTimeEntriesPayload:
    """One verdict each."""

    results: list[TimeEntryDecision] = strawberry.field(description="One for each id, in the order given.")
