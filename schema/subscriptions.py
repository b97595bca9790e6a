"""The subscription root: what can be followed over a WebSocket."""

import strawberry

from resolvers import subscriptions

from .activity import ActivityEvent
from .exports import ExportBatch
from .fields import argument, followed
from .policies import Scope


@strawberry.type(description="What can be followed, over a WebSocket (graphql-transport-ws).")
class Subscription:
    """Each event is read by plan, as the caller may see it at that moment."""

    export_batch_progress: ExportBatch = followed(
        "ExportBatch", subscriptions.export_batch_progress,
        "An export batch, each time something moved of what is selected of it: first how it stands now, last how it"
        " ended, then the subscription completes. After a lost connection subscribe again: nothing is missed, only"
        " states in between. One that has ended is sent once.",
        argument("id", strawberry.ID, "The batch's id."), policy=Scope.PEOPLE,
    )  # fmt: skip
    project_activity: ActivityEvent = followed(
        "ActivityEvent", subscriptions.project_activity,
        "What happens in a project from now on, event by event. It completes when the caller may no longer see the"
        " project.",
        argument("project_id", strawberry.ID, "The project's id."), policy=Scope.PEOPLE,
    )  # fmt: skip
