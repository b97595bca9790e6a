"""Organisations and their people, as the Hub tells us of them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base
from .refusals import UserNotFound
from .types import Key, Money, Word, words

if TYPE_CHECKING:
    from .session import ReadSession, WriteSession


class Role(StrEnum):
    """What a person may do, in the organisation and in a project; the order is the rank."""

    VIEWER = "VIEWER"
    MEMBER = "MEMBER"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"
    OWNER = "OWNER"

    @property
    def rank(self) -> int:
        """Return 0 for the least role."""
        return list(Role).index(self)


class Organization(Base):
    """A managed service provider; `org_id` is the Hub's id and the PSA's tenant id (the seed)."""

    __tablename__ = "organizations"

    name: Mapped[str]
    engine: Mapped[str] = mapped_column(default="MSP")
    project_number_prefix: Mapped[str] = mapped_column(default="PRJ")
    last_project_number: Mapped[int] = mapped_column(default=0)
    timezone: Mapped[str] = mapped_column(default="UTC")
    currency: Mapped[str] = mapped_column(default="USD")
    time_approval_required: Mapped[bool] = mapped_column(default=True)


class User(Base):
    """A person of the Hub, kept so that owners, approvers and actors have names."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(words("role", Role), name="role"),
        ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, sort_order=-1)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[Role] = mapped_column(Word(Role))
    billing_rate: Mapped[Decimal | None] = mapped_column(Money)


async def find_user(session: ReadSession | WriteSession, org_id: str, user_id: str) -> User:
    """Return a person of the organisation; raise UserNotFound."""
    user = await session.get(User, (org_id, user_id))
    if user is None:
        raise UserNotFound(user_id)
    return user
