"""What to do about a finding: the mutation that is the next step, where one of ours can help, and words for people."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from db.ledger.tables import OpState

from .verdicts import GONE, ReconciliationVerdict

if TYPE_CHECKING:
    from .verdicts import Finding


class ExportRepair(StrEnum):
    """The mutation that is the next step of a repair."""

    VOID_EXPORT = "VOID_EXPORT"
    RESOLVE_UNKNOWN_EXPORT = "RESOLVE_UNKNOWN_EXPORT"


Advice = tuple[ExportRepair | None, str | None]

NOTHING: Advice = (None, None)
STRANGER: Advice = (
    None,
    (
        "It carries a reference of ours that nobody here gave. Look at it in the PSA, and remove it there if it bills"
        " nothing real. If this database was restored from a backup, `ledger recover` comes first."
    ),
)
LEFT_OVER: Advice = (
    None,
    "It was refused or taken back, and still stands in the PSA: remove it there before the entry is exported again.",
)
AHEAD: Advice = (
    None,
    "The PSA has what this ledger has not sent: it seems to be a restored one. `ledger recover` comes first.",
)
IN_DOUBT: Advice = (
    ExportRepair.RESOLVE_UNKNOWN_EXPORT,
    "Nobody knows yet whether it arrived: resolveUnknownExport looks it up now, nothing is sent on a guess.",
)
BEING_VOIDED: Advice = (None, "It is being taken back: reconcile again when the void has ended.")
LOST: Advice = (
    ExportRepair.VOID_EXPORT,
    (
        "The PSA confirmed it and has it no more. voidExport frees the time entry here, then exportTimeEntries sends it"
        " anew."
    ),
)
TWINS: Advice = (
    ExportRepair.VOID_EXPORT,
    (
        "voidExport takes the entry back that psaTimeEntryId of the line names. Remove what is left in the PSA, then"
        " exportTimeEntries sends it once; or only remove the others there, and keep this one."
    ),
)
CHANGED: Advice = (
    ExportRepair.VOID_EXPORT,
    (
        "If ours is right: voidExport takes it back, then exportTimeEntries sends it anew. If the PSA is right:"
        " correct the time entry between the two."
    ),
)
INVOICED: Advice = (None, "It is invoiced and cannot be taken back: correct it in the PSA.")
REPLACED: Advice = (
    None,
    "The PSA has it under an id that we did not get, so no void of ours would reach it: remove or correct it there.",
)


def repair(finding: Finding) -> Advice:
    """Return the next step for a finding, and what to know about it."""
    booked = finding.booked
    if booked is None:
        return STRANGER
    if finding.verdict is ReconciliationVerdict.MATCHED:
        return NOTHING
    if booked.state is OpState.UNKNOWN:
        return IN_DOUBT
    if booked.state is not OpState.CONFIRMED:
        return LEFT_OVER if booked.state in GONE else AHEAD
    return BEING_VOIDED if booked.being_voided else _of_confirmed(finding)


def _of_confirmed(finding: Finding) -> Advice:
    if not finding.records:
        return LOST
    kept = next(
        (record for record in finding.records if finding.booked and record.id == finding.booked.remote_id), None
    )
    if kept is None:
        return REPLACED
    if kept.invoiced:
        return INVOICED
    return TWINS if finding.verdict is ReconciliationVerdict.DUPLICATE_IN_PSA else CHANGED
