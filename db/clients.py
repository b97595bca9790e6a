"""Clients: companies of the PSA for whom projects are run; keyed by the PSA's own id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base
from .types import Key, fold
from .upserts import insert_into

if TYPE_CHECKING:
    from .session import WriteSession


class Client(Base):
    """A client as it was named when a project first needed it."""

    __tablename__ = "clients"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
        Index("ix_clients_org_id_name_folded_id", "org_id", "name_folded", "id"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, sort_order=-1)
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(Key)


async def ensure(session: WriteSession, org_id: str, client_id: str, name: str) -> None:
    """Keep a client of the PSA under its id, with the name it has now."""
    named = {"name": name, "name_folded": fold(name)}
    await session.execute(
        insert_into(session, Client)
        .values(org_id=org_id, id=client_id, **named)
        .on_conflict_do_update(index_elements=["org_id", "id"], set_=named)
    )
