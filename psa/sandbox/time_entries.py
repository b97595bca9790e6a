"""Time entries of the sandbox: recorded on a contract, removable until they are invoiced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import demands
from .calls import Refused, new_id
from .lists import one, overlooks_references, page
from .references import batch_by_refs, in_order

if TYPE_CHECKING:
    from .calls import Answer, Call


def list_time(call: Call) -> Answer:
    """GET /api/time-entries."""
    if call.query.get("sort") == "externalRef" and not overlooks_references(call):
        return 200, in_order(call)
    return 200, page(call, "time_entry", filters=("contractId", "externalRef"), searched=("note",))


def batch_time(call: Call) -> Answer:
    """POST /api/time-entries/batch."""
    return 200, batch_by_refs(call)


def one_time(call: Call) -> Answer:
    """GET /api/time-entries/{id}."""
    return 200, one(call, "time_entry")


def record_time(call: Call) -> Answer:
    """POST /api/time-entries."""
    entry = {
        "id": new_id("time"),
        "externalRef": call.body.get("externalRef"),
        "contractId": demands.known(call, "contract", "contractId")["id"],
        "ticketId": demands.known_if_named(call, "ticket", "ticketId")["id"],
        "userId": call.body.get("userId"),
        "userEmail": call.body.get("userEmail"),
        "date": demands.day(call, "date"),
        "hours": demands.number(call, "hours", least="0.01", most="24"),
        "rate": None if call.body.get("rate") is None else demands.number(call, "rate"),
        "amount": demands.number(call, "amount"),
        "note": call.body.get("note", ""),
        "projectNumber": call.body.get("projectNumber"),
        "billable": call.body.get("billable", True),
        "invoiced": False,
    }
    _refuse_stranger(call)
    demands.no_twin(call, "time_entry")
    with call.store.unit():
        call.store.put(call.tenant_id, "time_entry", entry, call.now)
        call.commit(entry["id"])
    return 201, entry


def remove_time(call: Call) -> Answer:
    """DELETE /api/time-entries/{id}."""
    entry = one(call, "time_entry")
    if entry["invoiced"]:
        raise Refused(422, "ALREADY_INVOICED", "An invoiced time entry cannot be removed", id=entry["id"])
    with call.store.unit():
        call.store.remove(call.tenant_id, "time_entry", entry["id"])
        call.commit(entry["id"])
    return 204, None


def _refuse_stranger(call: Call) -> None:
    """A tenant seeded without users takes anybody."""
    users = call.tenant["users"]
    who = {call.body.get("userId"), call.body.get("userEmail")}
    if users and not any(user.get("id") in who or user.get("email") in who for user in users):
        raise Refused(422, "USER_NOT_FOUND", "No user of this tenant has this id or address", field="userEmail")
