"""What one reference amounts to in both systems, in tables: the verdict, what differs, the step that repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from db.exports.reconciliations import OPEN
from db.ledger.tables import OpState

from .facts import Difference, ExportFact, differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.exports.reconciliations import Booked
    from psa.port import TimeRecord

ZERO = Decimal("0.00")
GONE = (OpState.REJECTED, OpState.VOIDED)
PRESENT_THERE, ABSENT_THERE = "PRESENT", "ABSENT"


class ReconciliationVerdict(StrEnum):
    """How a line stands in both systems."""

    MATCHED = "MATCHED"
    MISSING_IN_PSA = "MISSING_IN_PSA"
    DIFFERENT = "DIFFERENT"
    DUPLICATE_IN_PSA = "DUPLICATE_IN_PSA"
    UNKNOWN_IN_PROJECTS = "UNKNOWN_IN_PROJECTS"


# Our state → verdict on a line of which the PSA has nothing. None: nothing to say, or not yet.
ABSENT: Mapping[OpState, ReconciliationVerdict | None] = {
    OpState.PENDING: None,
    OpState.SENT: None,
    OpState.UNKNOWN: ReconciliationVerdict.DIFFERENT,
    OpState.CONFIRMED: ReconciliationVerdict.MISSING_IN_PSA,
    OpState.REJECTED: None,
    OpState.VOIDED: None,
}
# Our state → verdict on a line that the PSA has once; of a confirmed one its facts decide.
PRESENT: Mapping[OpState, ReconciliationVerdict | None] = {
    OpState.PENDING: ReconciliationVerdict.DIFFERENT,
    OpState.SENT: None,
    OpState.UNKNOWN: ReconciliationVerdict.DIFFERENT,
    OpState.CONFIRMED: ReconciliationVerdict.MATCHED,
    OpState.REJECTED: ReconciliationVerdict.DIFFERENT,
    OpState.VOIDED: ReconciliationVerdict.DIFFERENT,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A reference with what both systems have under it. Without a verdict it is no line of a reconciliation."""

    external_ref: str
    booked: Booked | None
    records: tuple[TimeRecord, ...]
    verdict: ReconciliationVerdict | None
    differences: tuple[Difference, ...] = ()

    @property
    def is_unsettled(self) -> bool:
        """Tell whether the ledger itself does not know yet, so that there is nothing to compare."""
        return self.verdict is None and self.booked is not None and _is_unsettled(self.booked)

    @property
    def ours(self) -> tuple[Decimal, Decimal]:
        """Return the hours and the amount that the PSA should have."""
        is_there = self.booked is not None and self.booked.state not in GONE
        return (self.booked.hours, self.booked.amount) if self.booked and is_there else (ZERO, ZERO)

    @property
    def theirs(self) -> tuple[Decimal, Decimal]:
        """Return the hours and the amount that the PSA has."""
        hours = sum((record.hours for record in self.records), ZERO)
        return hours, sum((record.amount or ZERO for record in self.records), ZERO)


def judge(external_ref: str, booked: Booked | None, records: Sequence[TimeRecord]) -> Finding:
    """Compare what both systems have under one reference."""
    found = tuple(differing(booked, records)) if booked else ()
    return Finding(external_ref, booked, tuple(records), _verdict(booked, records, found), found)


def needs_a_second_look(booked: Booked) -> bool:
    """Tell whether it would mean something that the PSA has nothing: the entry may only have been moved there."""
    return ABSENT[booked.state] is not None and not booked.being_voided


def differing(booked: Booked, records: Sequence[TimeRecord]) -> Iterator[Difference]:
    """Yield what differs between a line and the entry that stands for it: ours by its id, else the first."""
    there = PRESENT_THERE if records else ABSENT_THERE
    if booked.state is not OpState.CONFIRMED and (records or booked.state is OpState.UNKNOWN):
        yield Difference(ExportFact.STATE, booked.state.value, there)
    if not records:
        return
    record = next((record for record in records if record.id == booked.remote_id), records[0])
    if booked.remote_id not in (None, record.id):
        yield Difference(ExportFact.PSA_TIME_ENTRY_ID, booked.remote_id, record.id)
    yield from differences(booked.payload, record)


def _verdict(
    booked: Booked | None, records: Sequence[TimeRecord], differences: Sequence[Difference]
) -> ReconciliationVerdict | None:
    if booked is None:
        return ReconciliationVerdict.UNKNOWN_IN_PROJECTS
    if len(records) > 1:
        return ReconciliationVerdict.DUPLICATE_IN_PSA
    if not records:
        return None if booked.being_voided else ABSENT[booked.state]
    if PRESENT[booked.state] is ReconciliationVerdict.MATCHED and not all(each.warning for each in differences):
        return ReconciliationVerdict.DIFFERENT
    return PRESENT[booked.state]


def _is_unsettled(booked: Booked) -> bool:
    return booked.state in OPEN or booked.being_voided
