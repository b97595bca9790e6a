"""What can be done with an entry: what it takes of the caller, and in which states of the entry it makes sense."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from db.access import Action, on_time_of
from db.ledger.tables import OpState

from .rules import LOCKS, NEVER_SENT, Lock, exportable, locked
from .tables import ApprovalStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from db.viewers import Viewer


class EntryAction(StrEnum):
    """What people do with an entry, in the order of its life."""

    EDIT = "EDIT"
    DELETE = "DELETE"
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    EXPORT = "EXPORT"
    RETRY = "RETRY"
    VOID = "VOID"
    RESOLVE = "RESOLVE"


# action → what the caller must be allowed to do, and when it makes sense: a rule of the entry and its export's state
ACTIONS: Mapping[EntryAction, tuple[Action, Callable[[Any, str], bool]]] = {
    EntryAction.EDIT: (Action.EDIT_OWN_TIME, lambda _entry, export: not locked(export)),
    # Whatever was asked to be exported has an op, and is kept (Lock.EXPORT_HISTORY).
    EntryAction.DELETE: (Action.EDIT_OWN_TIME, lambda _entry, export: export == NEVER_SENT),
    EntryAction.APPROVE: (
        Action.APPROVE_TIME,
        lambda entry, _export: entry.approval_status == ApprovalStatus.PENDING,
    ),
    EntryAction.REJECT: (
        Action.APPROVE_TIME,
        lambda entry, export: entry.approval_status != ApprovalStatus.REJECTED and not locked(export),
    ),
    EntryAction.EXPORT: (Action.EXPORT_TIME, exportable),
    EntryAction.RETRY: (
        Action.EXPORT_TIME,
        lambda entry, export: export == OpState.REJECTED.value and exportable(entry, export),
    ),
    EntryAction.VOID: (Action.EXPORT_TIME, lambda _entry, export: LOCKS[Lock.ALREADY_EXPORTED](export)),
    EntryAction.RESOLVE: (Action.EXPORT_TIME, lambda _entry, export: LOCKS[Lock.OUTCOME_UNKNOWN](export)),
}


def possible(viewer: Viewer, may: frozenset[Action], owner_id: str, entry: Any, export: str) -> list[EntryAction]:
    """Return what a caller who may do so much in the project can do with somebody's entry in this state."""
    return [
        action
        for action, (needed, makes_sense) in ACTIONS.items()
        if on_time_of(owner_id, viewer, needed) in may and makes_sense(entry, export)
    ]
