"""Why an entry is not exported, or not yet: the words for export lines, previews included."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from db.exports.candidates import NOT_FOUND, WRONG_PROJECT
from db.ledger.reads import SUSPENDED, SUSPENDED_SAID
from db.ledger.settlements import NOT_THERE
from db.time_entries.rules import Obstacle

from .fields import words

# code → what it means, as a sentence for people
CODES: Mapping[str, str] = {
    NOT_FOUND: "There is no such time entry.",
    WRONG_PROJECT: "The entry is another project's.",
    Obstacle.NOT_APPROVED.value: "Nobody has approved it.",
    Obstacle.NOT_BILLABLE.value: "The client does not pay for it.",
    Obstacle.ZERO_HOURS.value: "It has no hours.",
    Obstacle.ORIGINATED_IN_PSA.value: "It was born in the PSA, which has it already.",
    Obstacle.ALREADY_EXPORTED.value: "The PSA has it already; only a void frees it.",
    Obstacle.EXPORT_IN_PROGRESS.value: "It is on its way to the PSA.",
    Obstacle.OUTCOME_UNKNOWN.value: "It was sent and no answer came; it is looked up before it is sent again.",
    "OTHERS_REFUSED": "Nothing stands in its own way, but all or nothing was asked for.",
    "PSA_REJECTED": "The PSA refused it.",
    NOT_THERE: "A person looked in the PSA and did not find it.",
    "PSA_RATE_LIMITED": "The PSA's calls for this minute are used up; it is sent later by itself.",
    "PSA_UNAVAILABLE": "The PSA did not answer properly; it is tried again by itself.",
    "PSA_UNREACHABLE": "The PSA cannot be reached; it is tried again by itself.",
    "PSA_BAD_CREDENTIALS": "The PSA does not take the integration key; it waits for a new one.",
    "PSA_NOT_CONFIGURED": "The connection to the PSA is not set up any more; it waits.",
    SUSPENDED: SUSPENDED_SAID,
}

if TYPE_CHECKING:
    ExportCode = Any
else:
    ExportCode = words(
        Enum("ExportCode", {code: code for code in CODES}, module=__name__),
        "Why an entry is not exported, or not yet; new codes may be added.",
        **CODES,
    )


def code_of(code: str | None) -> Any:
    """Return a code as its enum; one that has no word of its own is the PSA's refusal."""
    if code is None:
        return None
    kind: Any = ExportCode
    return kind(code if code in CODES else "PSA_REJECTED")
