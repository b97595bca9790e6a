"""The timeline: who did what."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from db.activity import ActivityKind

from .fields import fact, one, words
from .nodes import Node
from .people import User
from .references import ClientRef, ProjectRef, TaskRef

words(
    ActivityKind,
    "What happened.",
    **{kind.name: kind.name.replace("_", " ").capitalize() + "." for kind in ActivityKind},
)


@strawberry.input(description="Which events to return. Every field that is given must match.")
class ActivityFilter:
    """Conditions on events."""

    project_id: strawberry.ID | None = strawberry.field(description="In this project.", default=None)
    client_id: strawberry.ID | None = strawberry.field(description="For this client (the PSA's id).", default=None)
    task_id: strawberry.ID | None = strawberry.field(description="On this task.", default=None)
    kind: list[ActivityKind] | None = strawberry.field(description="One of these.", default=None)
    since: datetime | None = strawberry.field(description="At this moment or later.", default=None)


@strawberry.type(description="Something that somebody did.")
class ActivityEvent(Node):
    """An entry of the timeline."""

    id: strawberry.ID = fact("The event's id.")
    kind: ActivityKind = fact("What happened.")
    summary: str = fact("What happened, as a sentence.")
    at: datetime = fact("When.")
    details: JSON = fact("From what to what, for machines.")
    actor: User | None = one("Who did it; null for the program itself.")
    project: ProjectRef | None = one("In which project.")
    client: ClientRef | None = one("For which client.")
    task: TaskRef | None = one("On which task.")
