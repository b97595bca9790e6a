"""The query root: where reads begin, and what else can be asked."""

from typing import Any

import strawberry

from resolvers.readings import RootNodes

from .activity import ActivityEvent, ActivityFilter
from .clients import Client, ClientFilter, ClientOrder
from .connections import psa_connection
from .entities import ENTITIES_FIELD, SERVICE_FIELD, Entity
from .exports import ExportBatch
from .fields import Connection, argument, live, planned, root_one, root_page
from .health import ClientHealth, PortfolioHealth
from .listings import psa_clients, psa_contracts, psa_tickets
from .nodes import Node
from .people import Viewer
from .policies import Scope
from .previews import preview_export
from .projects import Project, ProjectFilter, ProjectOrder
from .reconciliations.answers import reconcile_exports
from .tasks import Task, TaskFilter, TaskOrder
from .time_entries import TimeEntry, TimeEntryFilter, TimeEntryOrder

ID = strawberry.ID


def _id(of: str) -> Any:
    return argument("id", ID, f"The {of}'s id.")


@strawberry.type(description="Everything that can be read.")
class Query:
    """Fields that a plan answers; `live` ones, the connection and what a gateway asks have resolvers of their own."""

    viewer: Viewer | None = root_one("Viewer", "Who is asking; null for another product's key.", policy=Scope.ANYBODY)
    node: Node | None = planned(
        lambda _own: RootNodes("id"), "Anything with an id of ours; null where the caller sees none.",
        [argument("id", ID, "An id that this API gave out.")], policy=Scope.ANYBODY,
    )  # fmt: skip
    nodes: list[Node | None] = planned(
        lambda _own: RootNodes("ids"), "Several things by their ids, in their order; at most 100.",
        [argument("ids", list[ID], "Ids that this API gave out.")], policy=Scope.ANYBODY,
    )  # fmt: skip
    project: Project | None = root_one(
        "Project", "A project; null where the caller sees none.", _id("project"), policy=Scope.ANYBODY
    )
    project_by_number: Project | None = root_one(
        "Project", "A project by its number; null where the caller sees none.",
        argument("number", str, "Its number, such as PRJ-000042."), by="number", policy=Scope.ANYBODY,
    )  # fmt: skip
    projects: Connection[Project] = root_page(
        "Project", "The projects that the caller sees.", filter=ProjectFilter, order=ProjectOrder, policy=Scope.ANYBODY
    )
    task: Task | None = root_one("Task", "A task; null where the caller sees none.", _id("task"), policy=Scope.ANYBODY)
    tasks: Connection[Task] = root_page(
        "Task", "The tasks that the caller sees.", filter=TaskFilter, order=TaskOrder, policy=Scope.ANYBODY
    )
    time_entries: Connection[TimeEntry] = root_page(
        "TimeEntry", "The time entries that the caller sees, newest first.",
        filter=TimeEntryFilter, order=TimeEntryOrder, policy=Scope.PEOPLE,
    )  # fmt: skip
    client: Client | None = root_one(
        "Client", "A client; null where the caller sees none of its projects.",
        argument("id", ID, "The PSA's id of the client."), policy=Scope.ANYBODY,
    )  # fmt: skip
    clients: Connection[Client] = root_page(
        "Client", "The clients of the projects that the caller sees.",
        filter=ClientFilter, order=ClientOrder, policy=Scope.ANYBODY,
    )  # fmt: skip
    organization_health: PortfolioHealth = root_one(
        "OrganizationHealth", "The health of all projects together, internal ones included.", policy=Scope.ANYBODY
    )
    command_center: Connection[ClientHealth] = root_page(
        "CommandCenter", "The health of each client's projects, for the PSA's Command Center.", policy=Scope.ANYBODY
    )
    export_batch: ExportBatch | None = root_one(
        "ExportBatch", "An export batch; null where the caller sees none.", _id("batch"), policy=Scope.PEOPLE
    )
    export_batches: Connection[ExportBatch] = root_page(
        "ExportBatch", "Export batches, newest first.",
        more=[argument("project_id", ID | None, "Only of this project.", None)], policy=Scope.PEOPLE,
    )  # fmt: skip
    export_preview = live(preview_export, "What an export would do, by its own rules; nothing is written.")
    export_reconciliation = live(
        reconcile_exports,
        "What differs between the project's exports here and the PSA's time entries, line by line, asked live; nothing"
        " is changed. Entries without a reference of ours are other tools' and left out; lines of other projects on the"
        " same contract are those projects' to reconcile. The period counts by the day of work, 31 days if not given.",
    )
    psa_connection = live(
        psa_connection, "The connection to the PSA; for administrators, others get a FORBIDDEN error."
    )
    psa_clients = live(psa_clients, "The PSA's clients, asked live.")
    psa_contracts = live(psa_contracts, "The PSA's contracts, asked live.")
    psa_tickets = live(psa_tickets, "The PSA's tickets, asked live; an exact number comes first.")
    entities: list[Entity | None] = ENTITIES_FIELD
    service = SERVICE_FIELD
    activity: Connection[ActivityEvent] = root_page(
        "ActivityEvent", "What happened in the projects that the caller sees, newest first.",
        filter=ActivityFilter, policy=Scope.ANYBODY,
    )  # fmt: skip
