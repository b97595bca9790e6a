"""Reading the timeline."""

from __future__ import annotations

from db.activity import ActivityEvent
from db.askers import Listed
from db.relations import Entity, Filter, ToOne, equal
from db.types import Instant

ACTIVITY_EVENT = Entity(
    "ActivityEvent",
    ActivityEvent,
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "client": ToOne("Client", {"id": "client_id"}),
        "task": ToOne("Task", {"id": "task_id"}),
        "actor": ToOne("User", {"id": "actor_id"}),
    },
    filters={
        "project_id": equal("project_id"),
        "client_id": equal("client_id"),
        "task_id": equal("task_id"),
        "kind": Filter(lambda row, asker, values: asker.among(row.kind, values), Listed()),
        "since": Filter(lambda row, _asker, moment: row.at >= moment, Instant()),
    },
    default_order=("id", True),
    visible=lambda row, asker: asker.member_of(row.project_id),
)
