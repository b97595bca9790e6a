"""What a federation gateway asks for by key: an `_entities` of our own, planned like any read."""

from typing import Annotated, Any

import strawberry
from strawberry.federation.schema import FederationAny

from resolvers.readings import RootEntities

from .clients import Client
from .contracts import Contract
from .fields import argument, planned
from .policies import Scope
from .projects import Project
from .tasks import Task
from .tickets import Ticket

Entity = Annotated[
    Project | Task | Client | Contract | Ticket,
    strawberry.union("_Entity", description="What can be asked for by its key."),
]

ENTITIES_FIELD: Any = planned(
    lambda _own: RootEntities(),
    "Answer a gateway: each representation names a type and its key; one that is not there is null.",
    [argument("representations", list[FederationAny], "Types with their keys; at most 100.")],
    graphql_name="_entities",
    policy=Scope.ANYBODY,
)
