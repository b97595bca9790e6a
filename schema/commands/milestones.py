"""Creating and changing milestones: inputs and payloads."""

from datetime import date

import strawberry
from strawberry import Maybe

from db.milestones.tables import MilestoneStatus
from schema.fields import shown
from schema.milestones import Milestone


@strawberry.input(description="A new milestone.")
class CreateMilestoneInput:
    """A project has at most 100."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    name: str = strawberry.field(description="What is promised, 1 to 200 characters.")
    due_date: date | None = strawberry.field(description="By when.", default=None)
    status: MilestoneStatus | None = strawberry.field(
        description="Where it stands; PENDING when left out.", default=None
    )
    deliverables: str | None = strawberry.field(description="What is handed over.", default=None)
    visible_to_client: bool = strawberry.field(description="Whether the client's portal shows it.", default=True)


@strawberry.type(description="A milestone that was added.")
class CreateMilestonePayload:
    """The new one."""

    milestone_id: strawberry.Private[str]
    milestone: Milestone | None = shown("Milestone", "milestone_id", "The milestone.")


@strawberry.input(description="What to change of a milestone. What is left out stays.")
class UpdateMilestoneInput:
    """Changes."""

    milestone_id: strawberry.ID = strawberry.field(description="The milestone.")
    name: Maybe[str | None] = strawberry.field(description="What is promised.")
    due_date: Maybe[date | None] = strawberry.field(description="By when; null for no date.")
    status: Maybe[MilestoneStatus | None] = strawberry.field(description="Where it stands.")
    deliverables: Maybe[str | None] = strawberry.field(description="What is handed over.")
    visible_to_client: Maybe[bool | None] = strawberry.field(description="Whether the client's portal shows it.")


@strawberry.type(description="A milestone that was changed.")
class UpdateMilestonePayload:
    """The milestone as it is now."""

    milestone_id: strawberry.Private[str]
    milestone: Milestone | None = shown("Milestone", "milestone_id", "The milestone.")
