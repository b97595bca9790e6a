"""Time entries: hours, approval, worth, and how far they are on their way to an invoice."""

from datetime import date as Day  # noqa: N812 - a field of ours is called date
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from db.time_entries.actions import EntryAction
from db.time_entries.rules import ExportStatus, Lock
from db.time_entries.tables import ApprovalStatus, TimeSource

from .eligibility import VERDICT_ON, ExportEligibility, actions, locks
from .fields import Direction, computed, fact, many, one, words
from .nodes import Node
from .people import User
from .references import LineRef, MilestoneRef, ProjectRef, TaskRef

words(
    ApprovalStatus,
    "Whether somebody who may has said yes to an entry.",
    PENDING="Nobody has decided yet.",
    APPROVED="It may be exported.",
    REJECTED="It counts for nothing until it is corrected.",
)
words(
    TimeSource,
    "Where an entry was born.",
    PROJECTS="Here.",
    PSA="In the PSA: it counts for the budget and is never sent back there.",
)


words(
    ExportStatus,
    "How far an entry is on its way to the PSA.",
    NOT_EXPORTED="Nobody has asked for it yet.",
    IN_PROGRESS="It is being sent.",
    EXPORTED="The PSA has it, once.",
    FAILED="The PSA refused it; it may be asked for again.",
    UNKNOWN="It was sent and no answer came. It is looked up before it is sent again.",
    VOIDED="It was taken back; it may be asked for again.",
)


class TimeEntryOrderField(StrEnum):
    """What time entries can be ordered by."""

    DATE = "date"
    CREATED = "id"


words(
    TimeEntryOrderField,
    "What time entries can be ordered by.",
    DATE="The day of work.",
    CREATED="When they were logged.",
)


@strawberry.input(description="The order of a list of time entries.")
class TimeEntryOrder:
    """Field and direction."""

    field: TimeEntryOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(description="Which way.", default=Direction.ASC)


@strawberry.input(description="Which time entries to return. Every field that is given must match.")
class TimeEntryFilter:
    """Conditions on time entries."""

    project_id: strawberry.ID | None = strawberry.field(description="Of this project.", default=None)
    task_id: strawberry.ID | None = strawberry.field(description="Of this task.", default=None)
    user_id: strawberry.ID | None = strawberry.field(description="Worked by this person.", default=None)
    approval_status: list[ApprovalStatus] | None = strawberry.field(
        description="With one of these decisions.", default=None
    )
    export_status: list[ExportStatus] | None = strawberry.field(
        description="This far on their way to the PSA.", default=None
    )
    billable: bool | None = strawberry.field(description="Billable, or not.", default=None)
    date_from: Day | None = strawberry.field(description="Worked on this day or later.", default=None)
    date_to: Day | None = strawberry.field(description="Worked on this day or before.", default=None)
    exportable: bool | None = strawberry.field(description="Ready to be exported, or not.", default=None)


@strawberry.type(description="An hour worked.")
class TimeEntry(Node):
    """A line of a time sheet."""

    id: strawberry.ID = fact("The entry's id.")
    hours: Decimal = fact("How long, in hours: 1.50 is one hour and a half.")
    date: Day = fact("The day of work.")
    description: str = fact("What was done; the PSA's entry and the invoice show it.")
    billable: bool = fact("Whether the client pays for it.")
    billing_rate: Decimal | None = fact("The rate per hour.")
    billing_amount: Decimal = fact("Hours times rate, rounded half up to cents; 0.00 when not billable.")
    approval_status: ApprovalStatus = fact("Whether it was approved.")
    approved_at: datetime | None = fact("When it was decided.")
    rejection_reason: str | None = fact("Why it was rejected.")
    source: TimeSource = fact("Where it was born.")
    revision: int = fact("Rises with every change of its content.")
    created_at: datetime = fact("When it was logged.")
    updated_at: datetime = fact("When it was last changed.")
    export_status: ExportStatus = fact("How far it is on its way to the PSA.")
    exported_at: datetime | None = fact("When the PSA confirmed it.", "export.confirmed_at")
    psa_time_entry_id: str | None = fact("The PSA's id of its entry.", "export.remote_id")
    exported_contract_id: strawberry.ID | None = fact(
        "The contract it was sent to (the PSA's id).", "export.contract_id"
    )
    lock_reasons: list[Lock] = computed(
        locks, "export.state", description="Why it cannot be changed; empty when it can."
    )
    allowed_actions: list[EntryAction] = computed(
        actions, "user_id", "membership.role", *VERDICT_ON,
        description="What the caller may do with it now, by role and by its state. Whether the project has a contract,"
        " and the organisation a PSA, is asked when it is done.",
    )  # fmt: skip
    export_eligibility: ExportEligibility = one("Whether it can be exported, and why not.")
    project: ProjectRef = one("The project it was worked for.")
    task: TaskRef | None = one("The task it was worked on.")
    milestone: MilestoneRef | None = one("The milestone it was worked towards.")
    user: User = one("Who worked.")
    approved_by: User | None = one("Who decided; null for an automatic approval.")
    export_lines: list[LineRef] = many("Every time it was asked to be exported, newest first.")
