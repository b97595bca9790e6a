"""The schema: its roots, its scalars, its refusals; built once per process."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from db.reads import activity, clients, health, ledger, people, projects, tasks, time_entries
from schema import contracts, escalations, milestones, tickets

from .building import finish
from .errors import TYPES
from .mutations import Mutation
from .queries import Query
from .scalars import SCALARS
from .subscriptions import Subscription

# Types are met by name only, so the modules that hold them are named here: what is read, and what is shown.
READ = (activity, clients, health, ledger, people, projects, tasks, time_entries)
SHOWN = (contracts, escalations, milestones, tickets)


@cache
def build() -> strawberry.federation.Schema:
    """Return the schema, ready to be executed; `schema/schema.graphql` is its text."""
    schema = strawberry.federation.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(TYPES.values()),
        federation_version="2.7",  # the newest that every composer we know of accepts
        scalar_overrides=SCALARS,
        config=StrawberryConfig(disable_field_suggestions=True),
    )
    finish(schema._schema)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Strawberry offers no other way to graphql-core's
    return schema
