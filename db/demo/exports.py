"""Exports of the demo's older time, month by month: batches, lines, ops, and their counterparts in the PSA."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from db.contracts import ContractLink
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.intents import digest, external_ref, idempotency_key
from db.ledger.settlements import PARKED
from db.ledger.tables import AttemptKind, Attention, OpKind, OpState, OutboundAttempt, OutboundOp, OutboundSender
from db.organizations import User
from db.projects.tables import Project
from db.tickets import TicketLink
from db.time_entries.rules import NEVER_SENT, billing_amount, exportable
from db.time_entries.tables import TimeEntry

if TYPE_CHECKING:
    from datetime import datetime

    from .ground import Ground, Row
    from .links import Remote

RECENT_DAYS = 25  # younger time is still here to be exported
NEVER_EXPORTED = 5  # one linked project in so many has never exported anything
# The first line of these batches: refused by the PSA, in doubt (a person has to say what is there), taken back.
ODD_BATCHES = {3: OpState.REJECTED, 9: OpState.UNKNOWN, 15: OpState.VOIDED, 21: OpState.REJECTED, 27: OpState.VOIDED}
WELL: dict[str, Any] = {"error_code": None, "error_message": None, "needs_attention": None}
FATES: dict[OpState, dict[str, Any]] = {
    OpState.CONFIRMED: WELL,
    OpState.VOIDED: WELL,
    OpState.REJECTED: WELL | {"error_code": "PSA_REJECTED", "error_message": "No user of this tenant has this id."},
    OpState.UNKNOWN: {
        "error_code": "OUTCOME_UNKNOWN", "error_message": "The PSA did not answer.",
        "needs_attention": Attention.CANNOT_BE_LOOKED_UP,
    },
}  # fmt: skip


def export(ground: Ground, remote: Remote) -> None:
    """Export approved, billable time of linked projects, a batch for each month up to the last one; few lines fail."""
    ground.add(OutboundSender, served_at=ground.now, rests_until=ground.now)
    links = {row.project_id: row for row in ground.all(ContractLink) if row.unlinked_at is None}
    entries, until, batches = ground.by_project(TimeEntry), ground.day(-RECENT_DAYS), 0
    for number, project in enumerate(ground.all(Project)):
        if project.id in links and project.id in entries and number % NEVER_EXPORTED:
            due = [row for row in entries[project.id] if row.date < until and exportable(row, NEVER_SENT)]
            for _, month in groupby(
                sorted(due, key=lambda row: row.date), key=lambda row: (row.date.year, row.date.month)
            ):
                odd = ODD_BATCHES.get(batches, OpState.CONFIRMED)
                _batch(ground, remote, project, links[project.id], list(month), odd)
                batches += 1


def _batch(
    ground: Ground, remote: Remote, project: Row, link: Row, entries: list[Row], odd: OpState
) -> None:  # fmt: skip
    at = ground.moment(entries[-1].date + timedelta(days=3))
    batch = ground.grow(
        ExportBatch, at, project_id=project.id, psa_contract_id=link.psa_contract_id, requested_at=at,
        contract_number=link.contract_number, requested_by_id=project.owner_id, refused={},
    )  # fmt: skip
    tickets = {row.task_id: row.psa_ticket_id for row in ground.all(TicketLink) if row.newest}
    for position, entry in enumerate(entries):
        payload = _payload(ground, project, batch, entry) | {"ticket_id": tickets.get(entry.task_id)}
        state = OpState.CONFIRMED if position else odd
        op = _op(ground, at, OpKind.TIME, entry.id, payload, f"contract:{link.psa_contract_id}", state)
        op |= {"hours": entry.hours, "amount": billing_amount(entry)}
        ground.grow(ExportLine, at, batch_id=batch.id, position=position, op_id=op.id, time_entry_id=entry.id)
        if state is OpState.VOIDED:
            void = {"remote_id": op.remote_id, "reason": "Wrong contract", "requested_by_id": project.owner_id}
            _op(ground, at, OpKind.VOID, op.id, void, op.order_key, OpState.CONFIRMED)
        if state in (OpState.CONFIRMED, OpState.UNKNOWN):
            remote.time_entries.append(payload | {"id": f"time-{op.id}", "external_ref": op.external_ref})


def _payload(ground: Ground, project: Row, batch: Row, entry: Row) -> dict[str, Any]:
    [email] = [user.email for user in ground.all(User) if user.id == entry.user_id]
    return {
        "contract_id": batch.psa_contract_id, "user_id": entry.user_id, "user_email": email,
        "date": entry.date.isoformat(), "hours": f"{entry.hours:.2f}", "note": entry.description,
        "rate": None if entry.billing_rate is None else f"{entry.billing_rate:.2f}",
        "amount": str(billing_amount(entry)), "project_number": project.number, "revision": entry.revision,
    }  # fmt: skip


def _op(
    ground: Ground, at: datetime, kind: OpKind, subject_id: str, payload: dict[str, Any], order_key: str, state: OpState
) -> Row:  # fmt: skip
    reference, sha256 = external_ref(ground.org_id, subject_id, 1), digest(payload)
    settled = state is not OpState.UNKNOWN
    op = ground.grow(
        OutboundOp, at, kind=kind, subject_id=subject_id, revision=1, external_ref=reference, payload=payload,
        idempotency_key=idempotency_key(reference, sha256), payload_sha256=sha256, order_key=order_key, state=state,
        hours=None, amount=None, attempts=1, epoch=1, not_before=at if settled else PARKED,
        first_sent_at=at, last_sent_at=at,
        settled_at=at if settled else None, created_at=at, **FATES[state],
    )  # fmt: skip
    is_known_there = state in (OpState.CONFIRMED, OpState.VOIDED) and kind is OpKind.TIME
    op["remote_id"] = f"time-{op.id}" if is_known_there else None
    ground.grow(
        OutboundAttempt, at, op_id=op.id, epoch=1, kind=AttemptKind.SEND, started_at=at, finished_at=at,
        outcome="DONE" if FATES[state] is WELL else state.value, remote_id=op.remote_id,
    )  # fmt: skip
    return op
