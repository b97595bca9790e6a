"""Exports of the demo's older time, month by month: batches, lines, ops, and their counterparts in the PSA."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from db.contracts import ContractLink
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.intents import digest, external_ref, idempotency_key
from db.ledger.tables import AttemptKind, Attention, OpKind, OpState, OutboundAttempt, OutboundOp
from db.organizations import User
from db.projects.tables import Project
from db.tickets import TicketLink
from db.time_entries.rules import NEVER_SENT, OBSTACLES, billing_amount
from db.time_entries.tables import TimeEntry

from .ground import Planted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .ground import Ground, Row
    from .links import Remote

SETTLED_DAYS = 25  # younger time is still here to be exported
UNTOUCHED = 5  # every fifth linked project has never exported
ODD_LINES = {3: OpState.REJECTED, 9: OpState.UNKNOWN, 15: OpState.VOIDED, 21: OpState.REJECTED, 27: OpState.VOIDED}


def export(ground: Ground, remote: Remote) -> None:
    """Export the approved, billable time of linked projects up to a month ago; a few lines went wrong."""
    links = {row["project_id"]: row for row in ground.all(ContractLink) if row["unlinked_at"] is None}
    tickets = {row["task_id"]: row["psa_ticket_id"] for row in ground.all(TicketLink) if row["newest"]}
    users = {user["id"]: user for user in ground.all(User)}
    done = 0
    for number, project in enumerate(ground.all(Project)):
        if project["id"] not in links or number % UNTOUCHED == 0:
            continue
        due = [row for row in ground.all(TimeEntry) if row["project_id"] == project["id"] and _is_due(ground, row)]
        for _, month in groupby(sorted(due, key=lambda row: row["date"]), key=lambda row: row["date"].strftime("%Y%m")):
            batch = _batch(ground, project, links[project["id"]], done)
            for position, entry in enumerate(list(month)):
                payload = _payload(entry, project, batch, users) | {"ticket_id": tickets.get(entry["task_id"])}
                state = ODD_LINES.get(done, OpState.CONFIRMED) if position == 0 else OpState.CONFIRMED
                _line(ground, remote, (batch, position, entry, payload, state))
            done += 1
