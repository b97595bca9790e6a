"""The words types are written in: fact, computed, one, many, page, by, and the roots of reads."""

from collections.abc import Callable, Sequence
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.federation.schema_directives import Shareable
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from db.shapes import PAGE_DEFAULT, By, Computed, Fact, Many, One, Page
from resolvers.readings import RootFollowed, RootOne, RootPage

from .policies import Scope

Item = TypeVar("Item")


class PlannedField(StrawberryField):
    """A field whose value a plan has fetched; `declare` makes its reading from the field's name."""

    declare: Callable[[str], Any]
    policy: Any = None

    def __copy__(self) -> "PlannedField":
        """Keep the declaration when Strawberry copies the field for a generic or an interface."""
        copied = super().__copy__()
        copied.declare, copied.policy = self.declare, self.policy
        return copied


def planned(
    declare: Callable[[str], Any],
    description: str,
    arguments: list[StrawberryArgument] | None = None,
    *,
    policy: Any = None,
    **rest: Any,
) -> Any:
    """Return a field that is read by plan."""
    field = PlannedField(description=description, **rest)
    field.declare, field.policy = declare, policy
    field.init = False
    field.kw_only = True
    field.arguments = arguments or []
    return field


def fact(description: str, name: str | None = None, **rest: Any) -> Any:
    """Return a field that is a column of the row or an expression over it, of the same name unless one is given."""
    return planned(lambda own: Fact(name or own), description, **rest)


def computed(compute: Callable[..., Any], *needs: str, description: str, **rest: Any) -> Any:
    """Return a field that is a function of the row's named facts."""
    return planned(lambda _own: Computed(compute, needs), description, **rest)


def one(description: str, name: str | None = None, **rest: Any) -> Any:
    """Return a field that is a to-one relation."""
    return planned(lambda own: One(name or own), description, **rest)


def many(description: str, name: str | None = None, **rest: Any) -> Any:
    """Return a field that is a complete list, capped when it was written."""
    return planned(lambda own: Many(name or own), description, **rest)


def page(description: str, name: str | None = None, *, filter: Any = None, order: Any = None, **rest: Any) -> Any:
    """Return a field that is a connection below a row."""
    return planned(lambda own: Page(name or own), description, paging_arguments(filter, order), **rest)


def by(answer: Callable[..., Any], *needs: str, description: str, **rest: Any) -> Any:
    """Return a field that asks another product, once for all rows of its level."""
    return planned(lambda _own: By(answer, needs), description, **rest)


def root_page(
    entity: str, description: str, *, filter: Any = None, order: Any = None,
    more: Sequence[StrawberryArgument] = (), **rest: Any,
) -> Any:  # fmt: skip
    """Return a root connection over everything of an entity that the caller may see; `more` name filters of it."""
    return planned(lambda _own: RootPage(entity), description, [*paging_arguments(filter, order), *more], **rest)


def root_one(
    entity: str, description: str, argument: StrawberryArgument | None = None, by: str = "id", **rest: Any
) -> Any:
    """Return a root field that is one row, or null where the caller sees none; without an argument their own."""
    reading = RootOne(entity, by, argument.python_name if argument else None)
    return planned(lambda _own: reading, description, [argument] if argument else [], **rest)


def followed(
    entity: str, follow: Callable[..., Any], description: str, argument: StrawberryArgument, **rest: Any
) -> Any:
    """Return a subscription's field: rows of an entity, as `follow` finds something new in what the argument names."""
    reading = RootFollowed(entity, follow)
    return planned(lambda _own: reading, description, [argument], **rest)


def shown(entity: str, source: str, description: str) -> Any:
    """Return a payload's field: the row whose id the payload holds in attribute `source`, read by plan."""
    return planned(lambda _own: RootOne(entity, source=source), description)


def live(resolve: Callable[..., Any], description: str, policy: Any = Scope.PEOPLE) -> Any:
    """Return a root field of a query that has a resolver of its own."""
    field = strawberry.field(resolver=resolve, description=description)
    field.policy = policy
    return field


def argument(name: str, type_: Any, description: str, default: Any = strawberry.UNSET) -> StrawberryArgument:
    """Return an argument; its name is given as Python writes it."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
        default=default,
    )


def paging_arguments(filter_: Any, order: Any) -> list[StrawberryArgument]:
    """Return the arguments of a connection (Relay): every list has the same."""
    arguments = [
        argument("first", int | None, "How many to return, from 0 to 100.", PAGE_DEFAULT),
        argument("after", str | None, "A cursor of this list: return what comes after it.", None),
    ]
    if filter_ is not None:
        arguments.append(
            argument("filter", filter_ | None, "Return only what matches every field that is given.", None)
        )
    if order is not None:
        arguments.append(argument("order_by", order | None, "The order of the list.", None))
    return arguments


def words(kind: type[Enum], description: str, **values: str) -> Any:
    """Make an enum of the house part of the schema, with a description on it and on each of its values."""
    made = strawberry.enum(kind, description=description)
    definition = made.__strawberry_definition__  # pyright: ignore[reportAttributeAccessIssue]
    for value in definition.values:
        value.description = values[value.name]
    return made


class Direction(StrEnum):
    """Which way a list is ordered."""

    ASC = "ASC"
    DESC = "DESC"


words(Direction, "Which way a list is ordered.", ASC="The smallest first.", DESC="The largest first.")


@strawberry.type(description="Where a page lies in its list (Relay).", directives=[Shareable()])
class PageInfo:
    """Shareable, or no second Relay subgraph composes with this one."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page was reached with a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first entry.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last entry: pass it as `after`.")


@strawberry.type(description="An entry of a page and its cursor.")
class Edge(Generic[Item]):
    """One per entry."""

    cursor: str = strawberry.field(description="Opaque; pass it as `after` to continue behind this entry.")
    node: Item = strawberry.field(description="The entry.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """Edges for Relay, nodes for people; the total is counted only when it is asked for."""

    edges: list[Edge[Item]] = strawberry.field(description="The entries with their cursors.")
    nodes: list[Item] = strawberry.field(description="The entries.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")
    total_count: int = strawberry.field(description="How many entries the whole list has, filters applied.")
