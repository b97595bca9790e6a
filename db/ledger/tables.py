"""The ledger's tables: one row per thing sent, one state, one identity, every attempt kept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, belongs_to, unique_where
from db.types import Hours, Instant, Json, Key, Money, Word, words


class OpKind(StrEnum):
    """What is sent. `subject_id` is the time entry, the escalation, or (of a void) the op that is taken back."""

    TIME = "TIME"
    TICKET = "TICKET"
    VOID = "VOID"


class OpState(StrEnum):
    """Reliability 3.1. UNKNOWN is never final and never silent."""

    PENDING = "PENDING"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    VOIDED = "VOIDED"


class AttemptKind(StrEnum):
    """What a turn did with an op."""

    LOOKUP = "LOOKUP"
    SEND = "SEND"


class Attention(StrEnum):
    """Why a person should look at an op; it goes on being looked up all the same, unless that is impossible."""

    DUPLICATE_IN_PSA = "DUPLICATE_IN_PSA"
    REMOTE_MISMATCH = "REMOTE_MISMATCH"
    MISSING_IN_PSA = "MISSING_IN_PSA"
    CANNOT_BE_LOOKED_UP = "CANNOT_BE_LOOKED_UP"
    UNSETTLED_FOR_A_DAY = "UNSETTLED_FOR_A_DAY"


class OutboundOp(Identified):
    """One thing on its way to the PSA. `newest` marks the latest op of its subject and kind."""

    __tablename__ = "outbound_ops"
    __table_args__ = (
        CheckConstraint(words("kind", OpKind), name="kind"),
        CheckConstraint(words("state", OpState), name="state"),
        UniqueConstraint("org_id", "external_ref"),
        unique_where(
            "outbound_ops_live", "subject_id", "kind", where=text("state NOT IN ('REJECTED', 'VOIDED')")
        ),
        unique_where("outbound_ops_in_flight", "order_key", where=text("state = 'SENT'")),
        unique_where("outbound_ops_newest", "subject_id", "kind", where=text("newest"), sqlite=text("newest = 1")),
        Index(
            "ix_outbound_ops_waiting", "org_id", "order_key", "kind", "not_before", "id",
            sqlite_where=text("state IN ('PENDING', 'UNKNOWN')"),
            postgresql_where=text("state IN ('PENDING', 'UNKNOWN')"),
        ),
        Index("ix_outbound_ops_org_id_subject_id", "org_id", "subject_id"),
        Index(
            "ix_outbound_ops_audits", "audit_at",
            sqlite_where=text("audit_at IS NOT NULL"), postgresql_where=text("audit_at IS NOT NULL"),
        ),
    )  # fmt: skip
    PREFIX = "op"

    kind: Mapped[OpKind] = mapped_column(Word(OpKind))
    subject_id: Mapped[str] = mapped_column(Key)
    newest: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int]
    external_ref: Mapped[str] = mapped_column(Key)
    idempotency_key: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    payload_sha256: Mapped[str]
    hours: Mapped[Decimal | None] = mapped_column(Hours)  # of TIME: the payload's, where the database can add them up
    amount: Mapped[Decimal | None] = mapped_column(Money)
    order_key: Mapped[str] = mapped_column(Key)
    state: Mapped[OpState] = mapped_column(Word(OpState), default=OpState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    epoch: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    not_before: Mapped[datetime] = mapped_column(Instant)
    first_sent_at: Mapped[datetime | None] = mapped_column(Instant)
    last_sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sends: Mapped[int] = mapped_column(default=0)  # markers that were not taken back
    doubt_since: Mapped[datetime | None] = mapped_column(Instant)
    audit_at: Mapped[datetime | None] = mapped_column(Instant)  # looked up once more from then on (audits)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    remote_id: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    needs_attention: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)


class OutboundAttempt(Identified):
    """What one turn did and saw; inserted, never changed."""

    __tablename__ = "outbound_attempts"
    __table_args__ = (
        CheckConstraint(words("kind", AttemptKind), name="kind"),
        belongs_to("outbound_ops", "op_id"),
        Index("ix_outbound_attempts_org_id_op_id_id", "org_id", "op_id", "id"),
    )
    PREFIX = "att"

    op_id: Mapped[str] = mapped_column(Key)
    epoch: Mapped[int]
    kind: Mapped[AttemptKind] = mapped_column(Word(AttemptKind))
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str]
    http_status: Mapped[int | None]
    psa_request_id: Mapped[str | None]
    remote_id: Mapped[str | None]


class OutboundSender(Base):
    """An organisation as a sender: when it last had its turn, and until when it rests (a 429, a key not taken).

    `recovered_at` is set once the ledger was restored: what was born before may have been sent by the ledger that was.
    """

    __tablename__ = "outbound_senders"

    served_at: Mapped[datetime] = mapped_column(Instant)
    rests_until: Mapped[datetime] = mapped_column(Instant)
    recovered_at: Mapped[datetime | None] = mapped_column(Instant)


# One row, of the whole database: how far it had come, and whether nothing may leave it now.
INCARNATION = Table(
    "outbound_incarnation",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("advanced_at", Instant, nullable=False),
    Column("suspended_at", Instant),
    Column("suspended_why", String),
)
