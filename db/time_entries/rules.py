"""What stands between an entry and its export, what locks it, what it is worth: for Python and for SQL."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, case, func, select, type_coerce
from sqlalchemy.orm import aliased

from db.ledger.tables import OpKind, OpState, OutboundOp
from db.rules import never, some

from .tables import ApprovalStatus, TimeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement

    from db.rules import Fact, Verdict


class Obstacle(StrEnum):
    """Why an entry cannot be exported (domain 8.4)."""

    NOT_APPROVED = "NOT_APPROVED"
    NOT_BILLABLE = "NOT_BILLABLE"
    ZERO_HOURS = "ZERO_HOURS"
    ORIGINATED_IN_PSA = "ORIGINATED_IN_PSA"
    ALREADY_EXPORTED = "ALREADY_EXPORTED"
    EXPORT_IN_PROGRESS = "EXPORT_IN_PROGRESS"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"


class Lock(StrEnum):
    """Why an entry can be neither edited, rejected nor deleted; the last one forbids deleting only."""

    ALREADY_EXPORTED = "ALREADY_EXPORTED"
    EXPORT_IN_PROGRESS = "EXPORT_IN_PROGRESS"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    EXPORT_HISTORY = "EXPORT_HISTORY"


class ExportStatus(StrEnum):
    """How far an entry is on its way to the PSA (domain 6)."""

    NOT_EXPORTED = "NOT_EXPORTED"
    IN_PROGRESS = "IN_PROGRESS"
    EXPORTED = "EXPORTED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    VOIDED = "VOIDED"


NEVER_SENT = "NONE"

# export's state → how far the entry is
STATUS_OF: Mapping[str, ExportStatus] = {
    NEVER_SENT: ExportStatus.NOT_EXPORTED,
    OpState.PENDING.value: ExportStatus.IN_PROGRESS,
    OpState.SENT.value: ExportStatus.IN_PROGRESS,
    OpState.CONFIRMED.value: ExportStatus.EXPORTED,
    OpState.REJECTED.value: ExportStatus.FAILED,
    OpState.UNKNOWN.value: ExportStatus.UNKNOWN,
    OpState.VOIDED.value: ExportStatus.VOIDED,
}

# reason → rule of the export's state: that of the entry's newest TIME op, NEVER_SENT where there is none
LOCKS: Mapping[Lock, Callable[[Fact], Verdict]] = {
    Lock.ALREADY_EXPORTED: lambda export: export == OpState.CONFIRMED.value,
    Lock.EXPORT_IN_PROGRESS: lambda export: some(export == OpState.PENDING.value, export == OpState.SENT.value),
    Lock.OUTCOME_UNKNOWN: lambda export: export == OpState.UNKNOWN.value,
}

# reason → rule of the entry and of its export's state
OBSTACLES: Mapping[Obstacle, Callable[[Any, Fact], Verdict]] = {
    Obstacle.NOT_APPROVED: lambda entry, _export: entry.approval_status != ApprovalStatus.APPROVED,
    Obstacle.NOT_BILLABLE: lambda entry, _export: never(entry.billable),
    Obstacle.ZERO_HOURS: lambda entry, _export: entry.hours <= Decimal(0),
    Obstacle.ORIGINATED_IN_PSA: lambda entry, _export: entry.source == TimeSource.PSA,
    Obstacle.ALREADY_EXPORTED: lambda _entry, export: LOCKS[Lock.ALREADY_EXPORTED](export),
    Obstacle.EXPORT_IN_PROGRESS: lambda _entry, export: LOCKS[Lock.EXPORT_IN_PROGRESS](export),
    Obstacle.OUTCOME_UNKNOWN: lambda _entry, export: LOCKS[Lock.OUTCOME_UNKNOWN](export),
}


def exportable(entry: Any, export: Fact) -> Verdict:
    """Tell whether none of OBSTACLES stands between an entry and its contract's invoice."""
    return never(*(rule(entry, export) for rule in OBSTACLES.values()))


def locked(export: Fact) -> Verdict:
    """Tell whether any of LOCKS holds."""
    return some(*(rule(export) for rule in LOCKS.values()))


def counted(entry: Any) -> Verdict:
    """Tell whether an entry counts to the project's cost: rejected hours do not (domain 7)."""
    return entry.approval_status != ApprovalStatus.REJECTED


def billing_amount(entry: Any) -> Decimal:
    """Return hours times rate, rounded half up to cents; 0 where not billable or without a rate (domain 7)."""
    if not entry.billable or entry.billing_rate is None:
        return Decimal("0.00")
    return (entry.hours * entry.billing_rate).quantize(Decimal("0.01"), ROUND_HALF_UP)


def billing_cents(entry: Any) -> ColumnElement[int]:
    """Return `billing_amount` in cents as an expression over an entry's columns; never null."""
    hundredths = type_coerce(entry.hours, BigInteger) * type_coerce(entry.billing_rate, BigInteger)
    return case((entry.billable, func.coalesce((hundredths + 50) // 100, 0)), else_=0)


def export_state(entry: Any) -> ColumnElement[str]:
    """Return an entry's export state, as LOCKS and OBSTACLES want it, as an expression over the entry's columns."""
    op = aliased(OutboundOp)
    newest = (
        select(type_coerce(op.state, String))
        .where(op.org_id == entry.org_id, op.subject_id == entry.id, op.kind == OpKind.TIME, op.newest)
        .scalar_subquery()
    )
    return func.coalesce(newest, NEVER_SENT)


def export_status(export: ColumnElement[str]) -> ColumnElement[str]:
    """Return how far an entry is, as an expression over its export's state."""
    return case({state: status.value for state, status in STATUS_OF.items()}, value=export)
