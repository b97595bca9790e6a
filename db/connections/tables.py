"""The PSA connection's table."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.types import Instant


class CheckResult(StrEnum):
    """What the last test of a connection found."""

    OK = "OK"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    UNREACHABLE = "UNREACHABLE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"


class PsaConnection(Base):
    """One per organisation. The key can be recovered (it is sent) and found (it is received): domain 2."""

    __tablename__ = "psa_connections"
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),)

    tenant_id: Mapped[str]
    api_url: Mapped[str]
    key_sealed: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    key_last_four: Mapped[str]
    key_updated_at: Mapped[datetime] = mapped_column(Instant)
    last_checked_at: Mapped[datetime | None] = mapped_column(Instant)
    last_check_result: Mapped[str | None]
    last_check_message: Mapped[str | None]
