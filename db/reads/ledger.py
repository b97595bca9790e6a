"""Reading the ledger's ops: what became of them, in the words of those whose subject they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, case, func, type_coerce

from db.escalations.tables import STATE_OF, EscalationState
from db.ledger.reads import shown_code, shown_message
from db.ledger.settlements import PARKED
from db.ledger.tables import OpState, OutboundOp
from db.ledger.touching import moment
from db.relations import Entity
from db.time_entries.rules import NEVER_SENT, export_status

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from db.askers import Asker


def _escalation_state(row: Any, _asker: Asker) -> ColumnElement[str]:
    states = {op.value: state.value for op, state in STATE_OF.items()}
    return case(states, value=type_coerce(row.state, String), else_=EscalationState.PENDING.value)


def _export_status(row: Any, _asker: Asker) -> ColumnElement[str]:
    # The row may be missing: an entry that nobody asked to export has no op.
    return export_status(func.coalesce(type_coerce(row.state, String), NEVER_SENT))


def _confirmed_at(row: Any, _asker: Asker) -> ColumnElement[Any]:
    """Return when an op was confirmed; later events (a void) do not change it (architecture: old lines stay)."""
    return case((row.state.in_((OpState.CONFIRMED, OpState.VOIDED)), row.settled_at))


def _next_lookup_at(row: Any, _asker: Asker) -> ColumnElement[Any]:
    return case(((row.state == OpState.UNKNOWN) & (row.not_before < moment(PARKED)), row.not_before))


OUTBOUND_OP = Entity(
    "OutboundOp",
    OutboundOp,
    facts={
        "escalation_state": _escalation_state,
        "export_status": _export_status,
        "confirmed_at": _confirmed_at,
        "shown_code": lambda row, _asker: shown_code(row),
        "shown_message": lambda row, _asker: shown_message(row),
        "next_lookup_at": _next_lookup_at,
        "contract_id": lambda row, _asker: func.substr(row.order_key, len("contract:") + 1),
    },
)
