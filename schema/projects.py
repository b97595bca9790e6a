"""Projects, their members and their money."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import strawberry
from strawberry.scalars import JSON

from db.organizations import Role
from db.projects.tables import ProjectStatus

from .activity import ActivityFilter
from .fields import Connection, Direction, computed, fact, many, one, page, words
from .money import BudgetFlag, budget_flag, budget_used_percent, budget_variance
from .nodes import BY_ID, Node
from .people import User
from .references import (
    BatchRef,
    ClientRef,
    ContractLinkRef,
    EventRef,
    HealthRef,
    MilestoneRef,
    TaskRef,
    TimeEntryRef,
)
from .tasks import TaskFilter, TaskOrder
from .time_entries import TimeEntryFilter, TimeEntryOrder

words(
    ProjectStatus,
    "Where a project stands. Every status but COMPLETED counts as active, unless the project is archived.",
    PLANNING="Not begun.",
    ACTIVE="Being worked on.",
    ON_HOLD="Waiting.",
    COMPLETED="Done.",
)


class ProjectOrderField(StrEnum):
    """What projects can be ordered by."""

    CREATED = "id"
    NUMBER = "number"
    NAME = "name"
    DUE_DATE = "due_date"
    PROGRESS_PERCENT = "progress_percent"
    UPDATED_AT = "updated_at"


words(
    ProjectOrderField,
    "What projects can be ordered by.",
    CREATED="When they were created.",
    NUMBER="Their number.",
    NAME="Their name, whatever its case.",
    DUE_DATE="Their due date; those without one come last.",
    PROGRESS_PERCENT="How far they are.",
    UPDATED_AT="When they were last changed.",
)


@strawberry.input(description="The order of a list of projects.")
class ProjectOrder:
    """Field and direction."""

    field: ProjectOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(description="Which way.", default=Direction.ASC)


@strawberry.input(description="Which projects to return. Every field that is given must match.")
class ProjectFilter:
    """Conditions on projects."""

    client_id: strawberry.ID | None = strawberry.field(description="Of this client (the PSA's id).", default=None)
    contract_id: strawberry.ID | None = strawberry.field(
        description="Linked to this contract (the PSA's id).", default=None
    )
    status: list[ProjectStatus] | None = strawberry.field(description="In one of these states.", default=None)
    owner_id: strawberry.ID | None = strawberry.field(description="Owned by this person.", default=None)
    search: str | None = strawberry.field(
        description="With this text in name or number, whatever its case.", default=None
    )
    overdue: bool | None = strawberry.field(description="Past their due date, or not.", default=None)
    at_risk: bool | None = strawberry.field(description="At risk, or not.", default=None)
    archived: bool | None = strawberry.field(description="Archived, or not; both when not given.", default=None)


@strawberry.type(description="A person's part in a project.")
class ProjectMember(Node):
    """A membership."""

    id: strawberry.ID = fact("The membership's id.")
    role: Role = fact("What they may do here.")
    added_at: datetime = fact("Since when.")
    user: User = one("Who.")


@strawberry.type(description="Work for a client, or internal work.", directives=[BY_ID])
class Project(Node):
    """The centre of everything."""

    id: strawberry.ID = fact("The project's id.")
    number: str = fact("Its number, such as PRJ-000042.")
    name: str = fact("Its name; the PSA shows it too.")
    description: str | None = fact("What it is about, for colleagues.")
    engine: str = fact("The industry engine it was created with.")
    status: ProjectStatus = fact("Where it stands.")
    progress_percent: int = fact("How far it is: done tasks out of all, from 0 to 100, rounded down.")
    start_date: date | None = fact("When work begins.")
    due_date: date | None = fact("When it should be done.")
    completed_at: datetime | None = fact("When it was completed.")
    archived_at: datetime | None = fact("When it was archived.")
    created_at: datetime = fact("When it was created.")
    updated_at: datetime = fact("When it, or something in it, was last changed.")
    tags: list[str] = fact("Its tags.")
    custom_fields: JSON = fact("What its engine adds.")
    owner: User = one("Who answers for it.")
    client: ClientRef | None = one("For whom it is; null for internal work.")
    budget: Decimal | None = fact("What it may cost, in the organisation's currency.")
    billing_rate: Decimal | None = fact("Its rate per hour, for people without one of their own.")
    actual_cost: Decimal = fact("What its billable time is worth so far; rejected entries do not count.")
    budget_variance: Decimal | None = computed(
        budget_variance, "budget", "actual_cost", description="Budget less actual cost; positive is under budget."
    )
    budget_used_percent: Decimal | None = computed(
        budget_used_percent, "budget", "actual_cost", description="Actual cost out of the budget, in percent."
    )
    budget_flag: BudgetFlag = computed(
        budget_flag, "budget", "actual_cost", description="How the budget stands: a warning from 80 %, over from 100 %."
    )
    hours_estimated: Decimal = fact("The estimates of its tasks, added up, in hours.")
    hours_logged: Decimal = fact("The time logged in it, in hours; rejected entries do not count.")
    contract_link: ContractLinkRef | None = one("The PSA contract its time is billed to.")
    milestones: list[MilestoneRef] = many("Its milestones, by due date.")
    tasks: Connection[TaskRef] = page("Its tasks.", filter=TaskFilter, order=TaskOrder)
    time_entries: Connection[TimeEntryRef] = page(
        "The time logged in it, newest first.", filter=TimeEntryFilter, order=TimeEntryOrder
    )
    members: list[ProjectMember] = many("Who works in it.")
    export_batches: Connection[BatchRef] = page("What was exported of it, newest first.")
    health: HealthRef = one("Whether it is overdue or at risk, and why.")
    activity: Connection[EventRef] = page("What happened in it, newest first.", filter=ActivityFilter)
    url: str = computed(lambda env, id_: env.links.project(id_), "id", description="Where people open it.")
