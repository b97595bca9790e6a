"""Addresses of databases, as people write them and as the drivers want them."""

from __future__ import annotations

DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


def with_driver(url: str) -> str:
    """Return a database's URL with the driver that this program speaks to it."""
    scheme, _, rest = url.partition("://")
    return f"{DRIVERS.get(scheme, scheme)}://{rest}"
