"""Reading time entries, and the ledger as people see it: batches and their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, case, cast, func, select, true, type_coerce
from sqlalchemy.orm import aliased
from sqlalchemy.types import Date

from db.askers import Asker, Listed, within
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.tables import OpKind, OpState, OutboundOp
from db.relations import Entity, Filter, Itself, Order, Summary, ToMany, ToOne, equal
from db.time_entries.rules import billing_cents, export_state, export_status, exportable
from db.time_entries.tables import TimeEntry
from db.types import Hours, Instant, Money

from .folding import summed, switch

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

OPEN = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)


def _with_status(row: Any, asker: Asker, values: Any) -> ColumnElement[bool]:
    return asker.among(export_status(export_state(row)), values)


TIME_ENTRY = Entity(
    "TimeEntry",
    TimeEntry,
    facts={
        "billing_amount": lambda row, _asker: type_coerce(cast(billing_cents(row), Money().impl), Money()),
        "export_status": "export.export_status",
    },
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "task": ToOne("Task", {"id": "task_id"}),
        "milestone": ToOne("Milestone", {"id": "milestone_id"}),
        "user": ToOne("User", {"id": "user_id"}),
        "approved_by": ToOne("User", {"id": "approved_by_id"}),
        "export": ToOne("OutboundOp", {"subject_id": "id"}, lambda op, _asker: (op.kind == OpKind.TIME) & op.newest),
        "membership": ToOne(
            "ProjectMember", {"project_id": "project_id"}, lambda member, asker: member.user_id == asker.user
        ),
        "export_eligibility": Itself("TimeEntry"),
        "export_lines": ToMany("ExportLine", "time_entry_id", order="id", descending=True),
    },
    filters={
        "project_id": equal("project_id"),
        "task_id": equal("task_id"),
        "user_id": equal("user_id"),
        "approval_status": Filter(lambda row, asker, values: asker.among(row.approval_status, values), Listed()),
        "export_status": Filter(_with_status, Listed()),
        "billable": switch(lambda row, _asker: row.billable),
        "date_from": Filter(lambda row, _asker, day: row.date >= day, Date()),
        "date_to": Filter(lambda row, _asker, day: row.date <= day, Date()),
        "exportable": switch(lambda row, _asker: exportable(row, export_state(row))),
    },
    orders={"date": Order(lambda row, _descending: row.date, Date())},
    default_order=("date", True),
    visible=lambda row, asker: asker.member_of(row.project_id),
)


def _counts(row: Any, asker: Asker) -> Any:
    """Count a batch's lines by what became of them; the last settled one ends it."""
    line, op = aliased(ExportLine), aliased(OutboundOp)

    def number(*states: OpState) -> ColumnElement[int]:
        return cast(func.count(case((op.state.in_(states), 1))), Integer)

    return (
        select(
            cast(func.count(), Integer).label("total"),
            number(OpState.PENDING, OpState.SENT).label("pending"),
            number(OpState.CONFIRMED).label("confirmed"),
            number(OpState.REJECTED).label("rejected"),
            number(OpState.UNKNOWN).label("unknown"),
            number(OpState.VOIDED).label("voided"),
            type_coerce(case((number(*OPEN) == 0, func.max(op.settled_at))), Instant()).label("finished_at"),
            summed(op.hours, Hours).label("hours"),
            summed(op.amount, Money).label("amount"),
        )
        .select_from(line)
        .join(op, (op.org_id == asker.org) & (op.id == line.op_id))
        .where(within(asker, line, line.batch_id == row.id))
    )


EXPORT_COUNTS = Entity("ExportCounts")

EXPORT_BATCH = Entity(
    "ExportBatch",
    ExportBatch,
    facts={"finished_at": "counts.finished_at", "hours": "counts.hours", "amount": "counts.amount"},
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "requested_by": ToOne("User", {"id": "requested_by_id"}),
        "counts": Summary("ExportCounts", _counts),
        "totals": Itself("ExportBatch"),
        "lines": ToMany("ExportLine", "batch_id", order="position"),
    },
    filters={"project_id": equal("project_id")},
    default_order=("id", True),
    visible=lambda row, asker: asker.member_of(row.project_id),
)


def _line_visible(line: Any, asker: Asker) -> ColumnElement[bool]:
    if asker.sees_all:
        return true()
    batch = aliased(ExportBatch)
    mine = within(asker, batch, batch.id == line.batch_id, asker.member_of(batch.project_id))
    return asker.found(select(batch.id).where(mine))


LINE_FACTS = {
    "state": "op.state", "external_ref": "op.external_ref", "psa_time_entry_id": "op.remote_id",
    "error_code": "op.shown_code", "error_message": "op.shown_message", "attempts": "op.attempts",
    "sent_at": "op.last_sent_at", "confirmed_at": "op.confirmed_at", "needs_attention": "op.needs_attention",
    "revision": "op.revision", "hours": "op.hours", "amount": "op.amount", "next_lookup_at": "op.next_lookup_at",
}  # fmt: skip

EXPORT_LINE = Entity(
    "ExportLine",
    ExportLine,
    facts=LINE_FACTS,
    relations={
        "op": ToOne("OutboundOp", {"id": "op_id"}),
        "void": ToOne("OutboundOp", {"subject_id": "op_id"}, lambda op, _asker: (op.kind == OpKind.VOID) & op.newest),
        "batch": ToOne("ExportBatch", {"id": "batch_id"}),
        "time_entry": ToOne("TimeEntry", {"id": "time_entry_id"}),
    },
    orders={"position": Order(lambda row, _descending: row.position, Integer())},
    visible=_line_visible,
)
