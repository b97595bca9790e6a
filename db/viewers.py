"""Who is asking: a person with a Hub session, or another product with an organisation's integration key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from .askers import Sight
from .connections.tables import PsaConnection
from .organizations import Organization, Role, User
from .projects.tables import ProjectMember
from .refusals import OrganizationNotFound
from .upserts import insert_into

if TYPE_CHECKING:
    from .session import ReadSession, WriteSession


# Projects. A member of more of 100,000 walks 25,000 of them at most to a page of 50; one of fewer has all that is in
# theirs sorted, some thousand tasks.
MANY = 200


class CallerKind(StrEnum):
    """How a caller proved who it is."""

    SESSION = "SESSION"
    INTEGRATION = "INTEGRATION"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The caller with all that a request needs to know of it.

    `sees_all` spares the visibility rule; `belongs_to_many` only says by which SQL it is kept soonest.
    """

    kind: CallerKind
    org_id: str
    user_id: str | None
    name: str
    email: str | None
    role: Role | None
    timezone: str
    currency: str
    time_approval_required: bool
    sees_all: bool
    belongs_to_many: bool = False

    @property
    def sight(self) -> Sight:
        """What it sees of the organisation, as reads are planned for it."""
        if self.sees_all:
            return Sight.ALL
        return Sight.MANY if self.belongs_to_many else Sight.FEW


@dataclass(frozen=True, slots=True)
class Person:
    """What a session token says of its bearer."""

    org_id: str
    user_id: str
    name: str
    email: str
    role: Role


async def known_viewer(session: ReadSession | WriteSession, person: Person) -> Viewer | None:
    """Return the viewer, or None when `load_viewer` has something to write. Raise OrganizationNotFound."""
    organization = await session.get(Organization, person.org_id)
    if organization is None:
        raise OrganizationNotFound(person.org_id)
    user = await session.get(User, (person.org_id, person.user_id))
    if user is None or (user.name, user.email, user.role) != (person.name, person.email, person.role):
        return None
    return await _of_person(session, organization, person)


async def load_viewer(session: WriteSession, person: Person) -> Viewer:
    """Keep what the token says of the person, where it is new, and return the viewer. Raise OrganizationNotFound."""
    viewer = await known_viewer(session, person)
    if viewer is not None:
        return viewer
    said = {"name": person.name, "email": person.email, "role": person.role}
    await session.execute(
        insert_into(session, User)
        .values(org_id=person.org_id, id=person.user_id, **said)
        .on_conflict_do_update(index_elements=["org_id", "id"], set_=said)
    )
    return await _of_person(session, await session.get_one(Organization, person.org_id), person)


async def integration_viewer(session: ReadSession | WriteSession, key_hash: str) -> Viewer | None:
    """Return the organisation's other products as a viewer: they see all of it and change nothing (domain 3).

    The session spans organisations: the key alone says which one it is.
    """
    found = await session.execute(
        select(Organization)
        .join(PsaConnection, PsaConnection.org_id == Organization.org_id)
        .where(PsaConnection.key_hash == key_hash)
    )
    organization = found.scalar_one_or_none()
    if organization is None:
        return None
    return Viewer(
        kind=CallerKind.INTEGRATION, org_id=organization.org_id, user_id=None, name="The One PSA", email=None,
        role=None, timezone=organization.timezone, currency=organization.currency,
        time_approval_required=organization.time_approval_required, sees_all=True,
    )  # fmt: skip


async def _of_person(session: ReadSession | WriteSession, organization: Organization, person: Person) -> Viewer:
    sees_all = person.role in (Role.OWNER, Role.ADMIN)
    return Viewer(
        kind=CallerKind.SESSION, org_id=person.org_id, user_id=person.user_id, name=person.name, email=person.email,
        role=person.role, timezone=organization.timezone, currency=organization.currency,
        time_approval_required=organization.time_approval_required,
        sees_all=sees_all, belongs_to_many=not sees_all and await _belongs_to_many(session, person),
    )  # fmt: skip


async def _belongs_to_many(session: ReadSession | WriteSession, person: Person) -> bool:
    mine = select(ProjectMember.project_id).where(
        ProjectMember.org_id == person.org_id, ProjectMember.user_id == person.user_id
    )
    return (await session.execute(mine.offset(MANY).limit(1))).first() is not None
