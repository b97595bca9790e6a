"""Opening, changing and archiving projects, and their members: inputs and payloads."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import Maybe
from strawberry.scalars import JSON

from db.organizations import Role
from db.projects.tables import ProjectStatus
from schema.fields import shown
from schema.people import User
from schema.projects import Project, ProjectMember

from .keys import optional_key, replayed_field


@strawberry.input(description="A new project.")
class CreateProjectInput:
    """Only the name is needed."""

    name: str = strawberry.field(description="Its name, 1 to 200 characters; the PSA shows it too.")
    client_id: strawberry.ID | None = strawberry.field(
        description="The PSA's id of the client, whose name is fetched there; none for internal work.", default=None
    )
    description: str | None = strawberry.field(description="What it is about, for colleagues.", default=None)
    engine: str | None = strawberry.field(
        description="Its industry engine; the organisation's when left out. It cannot be changed later.", default=None
    )
    owner_id: strawberry.ID | None = strawberry.field(
        description="Who answers for it; the caller when left out.", default=None
    )
    status: ProjectStatus | None = strawberry.field(
        description="Where it stands; PLANNING when left out.", default=None
    )
    start_date: date | None = strawberry.field(description="When work begins.", default=None)
    due_date: date | None = strawberry.field(description="When it should be done.", default=None)
    budget: Decimal | None = strawberry.field(
        description="What it may cost, in the organisation's currency; at most two decimals.", default=None
    )
    billing_rate: Decimal | None = strawberry.field(
        description="Its rate per hour, for people without one of their own.", default=None
    )
    tags: list[str] | None = strawberry.field(description="Its tags, at most 50.", default=None)
    custom_fields: JSON | None = strawberry.field(
        description="What its engine adds: a JSON object of at most 10,000 characters and 20 levels.", default=None
    )
    idempotency_key: str | None = optional_key()


@strawberry.type(description="A project that was opened.")
class CreateProjectPayload:
    """The new one, or the one that the same key opened before."""

    project_id: strawberry.Private[str]
    replayed: bool = replayed_field()
    project: Project | None = shown("Project", "project_id", "The project.")


@strawberry.input(
    description="What to change of a project. What is left out stays; null takes away what may be absent."
)
class UpdateProjectInput:
    """Changes."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    name: Maybe[str | None] = strawberry.field(description="Its name, 1 to 200 characters.")
    client_id: Maybe[strawberry.ID | None] = strawberry.field(
        description="The PSA's id of the client, whose name is fetched there; null for internal work."
    )
    description: Maybe[str | None] = strawberry.field(description="What it is about.")
    owner_id: Maybe[strawberry.ID | None] = strawberry.field(
        description="Who answers for it; the owner before stays as a manager. Only the owner hands a project over,"
        " or an owner or admin of the organisation."
    )
    status: Maybe[ProjectStatus | None] = strawberry.field(description="Where it stands.")
    start_date: Maybe[date | None] = strawberry.field(description="When work begins.")
    due_date: Maybe[date | None] = strawberry.field(description="When it should be done.")
    budget: Maybe[Decimal | None] = strawberry.field(description="What it may cost, in the organisation's currency.")
    billing_rate: Maybe[Decimal | None] = strawberry.field(description="Its rate per hour; logged time keeps its own.")
    tags: Maybe[list[str] | None] = strawberry.field(description="All its tags, at most 50.")
    custom_fields: Maybe[JSON | None] = strawberry.field(
        description="All that its engine adds: a JSON object of at most 10,000 characters and 20 levels."
    )


@strawberry.type(description="A project that was changed.")
class UpdateProjectPayload:
    """The project as it is now."""

    project_id: strawberry.Private[str]
    project: Project | None = shown("Project", "project_id", "The project.")


@strawberry.input(description="Which project to put away.")
class ArchiveProjectInput:
    """An archived project counts nowhere; its time can still be approved and exported."""

    project_id: strawberry.ID = strawberry.field(description="The project.")


@strawberry.type(description="A project that was put away.")
class ArchiveProjectPayload:
    """The project as it is now."""

    project_id: strawberry.Private[str]
    project: Project | None = shown("Project", "project_id", "The project.")


@strawberry.input(description="Who is to belong to a project, and as what.")
class AddProjectMemberInput:
    """Of a member it changes the role, unless that is above the caller's own."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    user_id: strawberry.ID = strawberry.field(description="The Hub's id of the person.")
    role: Role = strawberry.field(
        description="What they may do there; no higher than the caller's own, and never OWNER.", default=Role.MEMBER
    )


@strawberry.type(description="A person who belongs to a project.")
class AddProjectMemberPayload:
    """The membership."""

    project_id: strawberry.Private[str]
    member_id: strawberry.Private[str]
    project: Project | None = shown("Project", "project_id", "The project.")
    member: ProjectMember | None = shown("ProjectMember", "member_id", "The membership.")


@strawberry.input(description="Who is no longer to belong to a project.")
class RemoveProjectMemberInput:
    """What they did stays."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    user_id: strawberry.ID = strawberry.field(description="The Hub's id of the person.")


@strawberry.type(description="A person who no longer belongs to a project.")
class RemoveProjectMemberPayload:
    """Who left what."""

    project_id: strawberry.Private[str]
    user_id: strawberry.Private[str]
    project: Project | None = shown("Project", "project_id", "The project; null where the caller no longer sees it.")
    user: User | None = shown("User", "user_id", "The person.")
