"""Clients and contracts of the sandbox: read only, as they are for the products around a PSA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lists import batch, one, page

if TYPE_CHECKING:
    from .calls import Answer, Call


def list_clients(call: Call) -> Answer:
    """GET /api/clients."""
    return 200, page(call, "client", filters=(), searched=("name",))


def one_client(call: Call) -> Answer:
    """GET /api/clients/{id}."""
    return 200, one(call, "client")


def list_contracts(call: Call) -> Answer:
    """GET /api/contracts."""
    return 200, page(call, "contract", filters=("clientId",), searched=("number", "name"))


def one_contract(call: Call) -> Answer:
    """GET /api/contracts/{id}."""
    return 200, one(call, "contract")


def batch_contracts(call: Call) -> Answer:
    """POST /api/contracts/batch."""
    return 200, batch(call, "contract")
