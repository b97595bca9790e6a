"""What can be put into the sandbox: tenants with their settings, and the things a PSA would know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import Refused, new_id

if TYPE_CHECKING:
    from .store import Document, Store

SETTINGS: Document = {"rateLimit": 100, "latencyMs": 0, "dedupe": False, "ignoresFilters": False}
SEEDED = {"clients": "client", "contracts": "contract", "tickets": "ticket", "timeEntries": "time_entry"}
_ASSUMED: dict[str, Document] = {
    "client": {"name": "A client"},
    "contract": {
        "number": "CTR-1",
        "name": "A contract",
        "type": "managed_services",
        "status": "active",
        "clientId": "",
        "startDate": None,
        "endDate": None,
        "autoRenew": False,
        "billingFrequency": "monthly",
    },
    "ticket": {
        "title": "A ticket",
        "description": "",
        "status": "new",
        "priority": "medium",
        "clientId": None,
        "contractId": None,
        "externalRef": None,
        "source": None,
    },
    "time_entry": {
        "externalRef": None,
        "rate": None,
        "amount": "0.00",
        "note": "",
        "billable": True,
        "invoiced": False,
    },
}


def seed(store: Store, wishes: Document, now: float) -> Document:
    """Add or change a tenant and its things, as often as you like. What is not named stays as it is."""
    asked = wishes.get("tenant", {})
    if not asked.get("id"):
        raise Refused(400, "VALIDATION_ERROR", "tenant.id is needed", fields=["tenant.id"])
    with store.unit():
        known = store.tenant(asked["id"]) or SETTINGS | {"key": "", "prefix": "TKT", "users": [], "lastTicket": 1000}
        store.save_tenant(known | asked | _settings(wishes.get("settings", {})))
        return {
            name: [put_thing(store, asked["id"], kind, thing, now)["id"] for thing in wishes.get(name, [])]
            for name, kind in SEEDED.items()
        }


def settle(store: Store, wishes: Document) -> list[Document]:
    """Change the settings of one tenant, or of all."""
    chosen = [tenant for tenant in store.tenants() if wishes.get("tenant") in (None, tenant["id"])]
    asked = _settings({name: value for name, value in wishes.items() if name != "tenant"})
    with store.unit():
        for tenant in chosen:
            store.save_tenant(tenant | asked)
    return [{"tenant": tenant["id"]} | {name: (tenant | asked)[name] for name in SETTINGS} for tenant in chosen]


def put_thing(store: Store, tenant_id: str, kind: str, wishes: Document, now: float) -> Document:
    """Add a thing, or change the named facts of one."""
    thing_id = wishes.get("id") or new_id(kind)
    thing = (store.get(tenant_id, kind, thing_id) or _ASSUMED[kind]) | wishes | {"id": thing_id}
    if kind in ("contract", "ticket"):
        client = store.get(tenant_id, "client", thing["clientId"] or "")
        thing["clientName"] = client["name"] if client else None
    if kind == "ticket" and "number" not in thing:
        thing["number"] = _next_number(store, tenant_id)
    store.put(tenant_id, kind, thing, now)
    return thing


def invoice(store: Store, tenant_id: str, ids: list[str] | None, now: float) -> int:
    """Mark time entries as invoiced, these or all; gives how many there are."""
    entries = [entry for entry in store.everything(tenant_id, "time_entry") if ids is None or entry["id"] in ids]
    with store.unit():
        for entry in entries:
            put_thing(store, tenant_id, "time_entry", {"id": entry["id"], "invoiced": True}, now)
    return len(entries)


def _settings(asked: Document) -> Document:
    unknown = set(asked) - set(SETTINGS)
    if unknown:
        raise Refused(400, "VALIDATION_ERROR", f"settings are {', '.join(SETTINGS)}", fields=sorted(unknown))
    return asked


def _next_number(store: Store, tenant_id: str) -> str:
    tenant = store.tenant(tenant_id) or {}
    store.save_tenant(tenant | {"lastTicket": tenant["lastTicket"] + 1})
    return f"{tenant['prefix']}-{tenant['lastTicket'] + 1}"
