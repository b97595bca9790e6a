"""What a federation gateway asks for by key: an `_entities` of our own, planned like any read."""

from functools import cache
from typing import Annotated, Any

import strawberry
from graphql import REMOVE, FieldDefinitionNode, Visitor, parse, print_ast, visit
from strawberry.federation.schema import FederationAny
from strawberry.schema import BaseSchema

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

NODES = {"node", "nodes"}  # every Relay subgraph has them; in a supergraph they would answer for one of them only


@strawberry.type(name="_Service", description="What a gateway composes a supergraph from.")
class Introduction:
    """This subgraph, as it introduces itself."""

    sdl: str = strawberry.field(description="The contract, without what only this API's own clients may use.")


class _WithoutNodes(Visitor):
    def enter_field_definition(self, node: FieldDefinitionNode, *_: object) -> object:
        # The fields of the same names on edges and connections take no argument.
        return REMOVE if node.name.value in NODES and node.arguments else None


def _composable(text: str) -> str:
    """Return a contract without the roots that no gateway may route to us."""
    document = parse(text)
    return print_ast(visit(document, _WithoutNodes()))


@cache
def _service(schema: BaseSchema) -> Introduction:
    return Introduction(sdl=_composable(schema.as_str()))


def _introduce(info: strawberry.Info) -> Introduction:
    return _service(info.schema)


SERVICE_FIELD: Any = strawberry.field(
    resolver=_introduce, name="_service", description="This subgraph's contract, for a gateway to compose."
)
SERVICE_FIELD.policy = Scope.ANYBODY
