"""How a field of the schema is read, hung on the field itself so that a walk over a document finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from graphql import GraphQLField

READING = "reading"


@dataclass(frozen=True, slots=True)
class RootOne:
    """One row of an entity: `by` is a column, `argument` the field's argument that holds its value.

    Without an argument the row is the asker's own (the viewer, the organisation). On a payload `source` names the
    attribute of the payload that holds the id.
    """

    entity: str
    by: str = "id"
    argument: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RootMany:
    """Rows of an entity whose ids stand in an attribute of the payload, in that order."""

    entity: str
    source: str


@dataclass(frozen=True, slots=True)
class RootPage:
    """A connection over all rows of an entity that the asker may see."""

    entity: str


@dataclass(frozen=True, slots=True)
class RootNodes:
    """Rows of any type that has ids of ours: `argument` is `id` or `ids`."""

    argument: str


@dataclass(frozen=True, slots=True)
class RootEntities:
    """What a federation gateway asks for: representations, each with a type's name and its key."""


@dataclass(frozen=True, slots=True)
class RootFollowed:
    """Rows of an entity, one for each event: `follow(context, read, id)` yields what `read(id)` gave of them.

    The field's only argument is the id of what is followed.
    """

    entity: str
    follow: Callable[..., Awaitable[AsyncIterator[Any]]]


RootReading = RootOne | RootMany | RootPage | RootNodes | RootEntities


def reading_of(field: GraphQLField) -> Any:
    """Return how a field is read, None for one with a resolver of its own."""
    return (field.extensions or {}).get(READING)
