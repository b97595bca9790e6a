"""Contract links: which PSA contract a project's time is billed to, as the contract was when it was linked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from . import activity
from .access import Action, project_for
from .activity import ActivityKind
from .base import Identified, belongs_to, new_id, unique_where
from .refusals import ClientMismatch, ContractNotLinked
from .types import Instant, Key, Word, words

if TYPE_CHECKING:
    from .projects.tables import Project
    from .session import ReadSession, WriteSession
    from .viewers import Viewer


class ContractType(StrEnum):
    """How a contract bills."""

    MANAGED_SERVICES = "MANAGED_SERVICES"
    BREAK_FIX = "BREAK_FIX"
    RETAINER = "RETAINER"
    PER_DEVICE = "PER_DEVICE"
    OTHER = "OTHER"


class BillingFrequency(StrEnum):
    """How often a contract is invoiced."""

    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUALLY = "ANNUALLY"


class ContractLink(Identified):
    """A snapshot: changes in the PSA do not show here until somebody links again (the seed)."""

    __tablename__ = "contract_links"
    __table_args__ = (
        CheckConstraint(words("contract_type", ContractType), name="contract_type"),
        belongs_to("projects", "project_id"),
        unique_where("contract_links_active", "project_id", where=text("unlinked_at IS NULL")),
        Index(
            "ix_contract_links_by_contract", "org_id", "psa_contract_id", "project_id",
            sqlite_where=text("unlinked_at IS NULL"), postgresql_where=text("unlinked_at IS NULL"),
        ),
    )  # fmt: skip
    PREFIX = "ctl"

    project_id: Mapped[str] = mapped_column(Key)
    psa_contract_id: Mapped[str] = mapped_column(Key)
    contract_number: Mapped[str]
    contract_name: Mapped[str]
    contract_type: Mapped[ContractType] = mapped_column(Word(ContractType))
    psa_client_id: Mapped[str] = mapped_column(Key)
    psa_client_name: Mapped[str]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    billing_frequency: Mapped[BillingFrequency | None] = mapped_column(Word(BillingFrequency))
    status_at_link: Mapped[str]
    snapshot_at: Mapped[datetime] = mapped_column(Instant)
    linked_by_id: Mapped[str] = mapped_column(Key)
    linked_at: Mapped[datetime] = mapped_column(Instant)
    unlinked_by_id: Mapped[str | None] = mapped_column(Key)
    unlinked_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract as the PSA shows it now: what a link keeps."""

    psa_contract_id: str
    contract_number: str
    contract_name: str
    contract_type: ContractType
    psa_client_id: str
    psa_client_name: str
    start_date: date | None
    end_date: date | None
    billing_frequency: BillingFrequency | None
    status_at_link: str


async def active_link(session: ReadSession | WriteSession, project: Project) -> ContractLink | None:
    """Return the contract a project is linked to now."""
    return await session.scalar(
        select(ContractLink).where(
            ContractLink.org_id == project.org_id,
            ContractLink.project_id == project.id,
            ContractLink.unlinked_at.is_(None),
        )
    )


async def link(
    session: WriteSession, viewer: Viewer, project_id: str, contract: ContractFacts, *,
    now: datetime, allow_client_mismatch: bool = False,
) -> ContractLink:  # fmt: skip
    """Link a project to a contract; again to the same one takes a new snapshot, to another one replaces the link.

    Raise ProjectNotFound, Forbidden, or ClientMismatch (domain 8.1.7: only where the project has a client).
    """
    project = await project_for(session, viewer, project_id, Action.LINK_CONTRACT)
    if project.client_id not in (None, contract.psa_client_id) and not allow_client_mismatch:
        raise ClientMismatch(project.client_id, contract.psa_client_id)
    current = await active_link(session, project)
    again = current is not None and current.psa_contract_id == contract.psa_contract_id
    if current is None or not again:
        if current is not None:
            await _close(session, viewer, project, current, now)
        made = {"id": new_id(ContractLink.PREFIX), "linked_by_id": viewer.user_id, "linked_at": now}
        current = ContractLink(org_id=viewer.org_id, project_id=project_id, **made)
        session.add(current)
    for fact, value in asdict(contract).items():
        setattr(current, fact, value)
    current.snapshot_at = now
    activity.record(
        session, viewer, project, now,
        kind=ActivityKind.CONTRACT_RELINKED if again else ActivityKind.CONTRACT_LINKED,
        summary=f"{'Refreshed' if again else 'Linked'} contract {current.contract_number}",
        details={"psa_contract_id": current.psa_contract_id},
    )  # fmt: skip
    await session.flush()
    return current


async def unlink(session: WriteSession, viewer: Viewer, project_id: str, *, now: datetime) -> ContractLink:
    """Close a project's link; what was exported stays. Raise ProjectNotFound, Forbidden or ContractNotLinked."""
    project = await project_for(session, viewer, project_id, Action.LINK_CONTRACT)
    current = await active_link(session, project)
    if current is None:
        raise ContractNotLinked(project.id, project.client_id)
    await _close(session, viewer, project, current, now)
    return current


async def _close(session: WriteSession, viewer: Viewer, project: Project, current: ContractLink, now: datetime) -> None:
    current.unlinked_at, current.unlinked_by_id = now, viewer.user_id
    activity.record(
        session, viewer, project, now, kind=ActivityKind.CONTRACT_UNLINKED,
        summary=f"Unlinked contract {current.contract_number}", details={"psa_contract_id": current.psa_contract_id},
    )  # fmt: skip
    await session.flush()  # inserts are flushed before updates, and only one link of a project may be open
