"""What may be done with a time entry, and what stands in the way: computed from the row by the ledger's own rules."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import strawberry

from db.access import allowed
from db.organizations import Role
from db.time_entries.actions import EntryAction, possible
from db.time_entries.rules import LOCKS, NEVER_SENT, OBSTACLES, Lock, Obstacle

from .fields import computed, words

words(
    Obstacle,
    "Why an entry cannot be exported.",
    NOT_APPROVED="Nobody has approved it.",
    NOT_BILLABLE="It is not billable.",
    ZERO_HOURS="It has no hours.",
    ORIGINATED_IN_PSA="It came from the PSA and would be billed twice.",
    ALREADY_EXPORTED="The PSA has it already.",
    EXPORT_IN_PROGRESS="It is being sent.",
    OUTCOME_UNKNOWN="It was sent and no answer came yet.",
)
words(
    Lock,
    "Why an entry cannot be changed.",
    ALREADY_EXPORTED="The PSA has it: void the export first.",
    EXPORT_IN_PROGRESS="It is being sent.",
    OUTCOME_UNKNOWN="It was sent and no answer came yet.",
    EXPORT_HISTORY="It was exported once, so it is kept: it may be changed, not deleted.",
)


words(
    EntryAction,
    "What the caller may do with an entry as it is now.",
    EDIT="Change it (updateTimeEntry); that asks for approval again.",
    DELETE="Delete it (deleteTimeEntry): it was never in an export.",
    APPROVE="Approve it (approveTimeEntries).",
    REJECT="Reject it (rejectTimeEntries).",
    EXPORT="Send it to the project's contract (exportTimeEntries).",
    RETRY="Send it once more after the PSA has refused it (retryExport, with its batch).",
    VOID="Take it back from the PSA (voidExport).",
    RESOLVE="Look it up in the PSA, since no answer came (resolveUnknownExport).",
)


VERDICT_ON = ("approval_status", "billable", "hours", "source", "export.state")


def _entry(approval: str, billable: bool, hours: str, source: str) -> Any:  # noqa: FBT001 - as the row has it
    return SimpleNamespace(approval_status=approval, billable=billable, hours=Decimal(hours), source=source)


def _obstacles(_env: Any, *facts: Any) -> list[str]:
    *said, export = facts
    entry = _entry(*said)
    return [obstacle.value for obstacle, rule in OBSTACLES.items() if rule(entry, export or NEVER_SENT)]


def actions(env: Any, owner_id: str, role: str | None, *facts: Any) -> list[str]:
    """Return what the caller, of this role in the project, may do with an entry of these facts."""
    *said, export = facts
    may = allowed(env.viewer, Role(role) if role else None)
    return [action.value for action in possible(env.viewer, may, owner_id, _entry(*said), export or NEVER_SENT)]


def locks(_env: Any, export: str | None) -> list[str]:
    """Return why an entry cannot be changed."""
    return [lock.value for lock, rule in LOCKS.items() if rule(export or NEVER_SENT)]


@strawberry.type(description="Whether an entry can be exported, and why not.")
class ExportEligibility:
    """A verdict with its reasons."""

    eligible: bool = computed(
        lambda *facts: not _obstacles(*facts), *VERDICT_ON, description="Whether nothing stands in the way."
    )
    reasons: list[Obstacle] = computed(
        _obstacles, *VERDICT_ON, description="What stands in the way; empty when it is eligible."
    )
