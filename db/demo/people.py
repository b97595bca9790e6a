"""The demo's organisations, their people and their clients."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db.clients import Client
from db.organizations import Organization, User
from db.types import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.organizations import Role

    from .ground import Ground


def settle(ground: Ground, people: Iterable[tuple[str, str, Role, str | None]], **facts: Any) -> None:
    """Found an organisation with its people."""
    ground.add(Organization, **({"project_number_prefix": "PRJ"} | facts))
    for key, name, role, rate in people:
        ground.add(
            User, id=f"usr_{key}", name=name, email=f"{key}@{ground.org_id.removeprefix('org_')}.example", role=role,
            billing_rate=Decimal(rate) if rate else None,
        )  # fmt: skip


def win_clients(ground: Ground, names: Iterable[str]) -> None:
    """Give an organisation clients, under the ids the PSA has for them."""
    for number, name in enumerate(names, 1):
        ground.add(Client, id=f"client-{number:03}", name=name, name_folded=fold(name))
