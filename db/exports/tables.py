"""Export batches: what somebody asked to send, in the order it was asked; the ledger says what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Identified, belongs_to
from db.types import Instant, Json, Key


class ExportBatch(Identified):
    """One call of exportTimeEntries that had something to send. `refused` is {entry: code} of what was not taken."""

    __tablename__ = "export_batches"
    __table_args__ = (
        belongs_to("projects", "project_id"),
        Index("ix_export_batches_org_id_project_id_id", "org_id", "project_id", "id"),
    )
    PREFIX = "exb"

    project_id: Mapped[str] = mapped_column(Key)
    psa_contract_id: Mapped[str] = mapped_column(Key)
    contract_number: Mapped[str]
    requested_by_id: Mapped[str] = mapped_column(Key)
    requested_at: Mapped[datetime] = mapped_column(Instant)
    refused: Mapped[dict[str, str]] = mapped_column(Json)


class ExportLine(Identified):
    """A place in a batch; state, payload and outcome stand in its op and nowhere else."""

    __tablename__ = "export_lines"
    __table_args__ = (
        UniqueConstraint("org_id", "batch_id", "position"),
        belongs_to("export_batches", "batch_id"),
        belongs_to("outbound_ops", "op_id"),
        belongs_to("time_entries", "time_entry_id"),
        Index("ix_export_lines_org_id_time_entry_id_id", "org_id", "time_entry_id", "id"),
        Index("ix_export_lines_org_id_op_id", "org_id", "op_id"),
    )
    PREFIX = "exl"

    batch_id: Mapped[str] = mapped_column(Key)
    position: Mapped[int]
    op_id: Mapped[str] = mapped_column(Key)
    time_entry_id: Mapped[str] = mapped_column(Key)
