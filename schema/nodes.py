"""What has an id of ours, and what a gateway may ask for by key."""

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

BY_ID = Key(fields=FieldSet("id"))


@strawberry.interface(description="Anything with an id of ours; `node(id:)` finds it again.")
class Node:
    """Relay's interface; the id's prefix names the type."""

    id: strawberry.ID = strawberry.field(description="A globally unique id. Treat it as opaque.")
