"""Every table, met by importing this module: what migrations and the planner's registry need."""

from __future__ import annotations

from . import (
    activity,
    clients,
    contracts,
    idempotency,
    organizations,
    tickets,
)
from .base import Base
from .connections import tables as connections
from .escalations import tables as escalations
from .exports import tables as exports
from .ledger import tables as ledger
from .milestones import tables as milestones
from .projects import tables as projects
from .tasks import tables as tasks
from .time_entries import tables as time_entries

__all__ = [
    "Base", "activity", "clients", "connections", "contracts", "escalations", "exports", "idempotency",
    "ledger", "milestones", "organizations", "projects", "tasks", "tickets", "time_entries",
]  # fmt: skip
