"""Clients: keyed by the PSA's id; here they carry what Projects knows of them."""

from enum import StrEnum

import strawberry
from strawberry.federation.schema_directives import Shareable

from .fields import Connection, Direction, fact, one, page, words
from .nodes import BY_ID
from .projects import ProjectFilter, ProjectOrder
from .references import PortfolioRef, ProjectRef


class ClientOrderField(StrEnum):
    """What clients can be ordered by."""

    NAME = "name"
    ID = "id"


words(ClientOrderField, "What clients can be ordered by.", NAME="Their name, whatever its case.", ID="The PSA's id.")


@strawberry.input(description="The order of a list of clients.")
class ClientOrder:
    """Field and direction."""

    field: ClientOrderField = strawberry.field(description="What to order by.")
    direction: Direction = strawberry.field(description="Which way.", default=Direction.ASC)


@strawberry.input(description="Which clients to return. Every field that is given must match.")
class ClientFilter:
    """Conditions on clients."""

    search: str | None = strawberry.field(description="With this text in the name, whatever its case.", default=None)


@strawberry.type(description="A company for which projects are run, by the PSA's id of it.", directives=[BY_ID])
class Client:
    """No Node: the PSA's ids are unique only inside an organisation."""

    id: strawberry.ID = fact("The PSA's id of the client.")
    node_id: strawberry.ID = fact("An id that is unique over all organisations, for caches that need one.")
    name: str | None = fact("Its name when a project first needed it.", directives=[Shareable()])
    projects: Connection[ProjectRef] = page("Its projects.", filter=ProjectFilter, order=ProjectOrder)
    health: PortfolioRef = one("The health of its projects.")
