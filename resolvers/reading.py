"""Root fields are planned here, for both finishers; the standard one's resolver stands at the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from db.pages import BadCursor
from db.plans.building import plan
from db.plans.cuts import OutOfRange
from db.reads.folding import SearchTooLong
from db.shapes import Root, Var

from .levels import Level
from .polymorphic import Entities, Nodes
from .readings import RootEntities, RootFollowed, RootMany, RootNodes, RootOne, RootPage, reading_of
from .selections import NotPlanned, Selections, object_type
from .shaping import shaper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graphql import FieldNode, GraphQLField, GraphQLResolveInfo

    from db.plans.fragments import Fragments
    from db.shapes import Given, Shape

    from .context import Context
    from .shaping import Run

ID = "#id"  # no variable of a document can be called so
REFUSED = (BadCursor, OutOfRange, SearchTooLong)


def planned(
    field: GraphQLField, nodes: list[FieldNode], selections: Selections, fragments: Fragments, *, typed: bool
) -> Run:
    """Return `run(fetch, env, variables, asked)` for a root field; raise NotPlanned where it has its own resolver."""
    reading, given = reading_of(field), selections.arguments.of(field, nodes[0])
    match reading:
        case RootPage(entity):
            page = selections.page(object_type(field), nodes)
            root = Root(entity, "page", page=page, paging=selections.arguments.paging(field, nodes[0]))
        case RootOne(entity, by, argument, None):
            key = given[argument] if argument else None
            root = Root(entity, "one", by, key, selections.shape(object_type(field), nodes))
        case RootNodes(argument):
            return _of_types(Nodes(selections.schema, given[argument]), nodes, selections, fragments, typed=typed)
        case RootEntities():
            entities = Entities(selections.schema, given["representations"])
            return _of_types(entities, nodes, selections, fragments, typed=typed)
        case _:
            raise NotPlanned
    _decline_misplaced(selections, typed=typed)
    return shaper(plan(root, fragments), typed=typed)


def _of_types(
    rows: Nodes | Entities, nodes: list[FieldNode], selections: Selections, fragments: Fragments, *, typed: bool
) -> Run:
    """Return `run` for rows of several types, of which each gets its plan when its first id turns up.

    What is kept for other requests may know nothing of this one's variables: there every shape is read at once.
    """
    types = rows.types

    def shape(name: str) -> Shape:
        return selections.shape(types[name], nodes)

    shape_of = shape if typed else {name: shape(name) for name in types}.__getitem__
    _decline_misplaced(selections, typed=typed)

    def by_keys(name: str, key: Given) -> Run:
        return shaper(plan(Root(types[name].name, "keys", key=key, shape=shape_of(name)), fragments), typed=typed)

    rows.by_keys = by_keys
    return rows.run


def _decline_misplaced(selections: Selections, *, typed: bool) -> None:
    if selections.arguments.misplaced and not typed:
        raise NotPlanned


async def resolve_root(source: Any, info: GraphQLResolveInfo, **_arguments: Any) -> Any:
    """Answer a planned root field of a query, or a payload's field, with Rows for graphql-core to walk."""
    field, nodes = info.parent_type.fields[info.field_name], list(info.field_nodes)
    variables: Any = info.variable_values
    selections = Selections(info.schema, info.fragments, variables)
    context: Context = info.context
    fragments = context.database.fragments(context.viewer.sight)
    try:
        match reading_of(field):
            case RootOne(entity, _by, _argument, str() as attribute):
                level = getattr(source, "level", None) or Level.of(source)
                keys = [getattr(part, attribute) for part in level.parts]
                shown = partial(_shown, context, fragments, selections, field, nodes, entity, keys)
                return (await level.once(info.path.as_list(), shown)).get(getattr(source, attribute))
            case RootMany(entity, attribute):
                keys = getattr(source, attribute)
                found = await _shown(context, fragments, selections, field, nodes, entity, keys)
                return [found[key] for key in keys if key in found]
        run = planned(field, nodes, selections, fragments, typed=True)
        return await finished(context, run, variables)
    except REFUSED as refused:
        raise GraphQLError(str(refused), extensions={"code": "BAD_USER_INPUT"}) from None


async def subscribe_root(_source: Any, info: GraphQLResolveInfo, **arguments: Any) -> AsyncIterator[Any]:
    """Begin a subscription; each of its events is a row that is read anew, by the plan of what was selected."""
    field, nodes = info.parent_type.fields[info.field_name], list(info.field_nodes)
    variables: Any = info.variable_values
    selections, context = Selections(info.schema, info.fragments, variables), info.context
    reading: RootFollowed = reading_of(field)

    async def read(key: str) -> Any:
        fragments = context.database.fragments(context.viewer.sight)
        return (await _shown(context, fragments, selections, field, nodes, reading.entity, [key])).get(key)

    (followed,) = arguments.values()
    try:
        return await reading.follow(context, read, followed)
    except REFUSED as refused:
        raise GraphQLError(str(refused), extensions={"code": "BAD_USER_INPUT"}) from None


async def finished(context: Context, run: Run, variables: dict[str, Any]) -> Any:
    """Run a typed plan and let other products answer what is theirs."""
    asked: list[Any] = []
    answer = await run(context.database.reader.fetch, context.env, variables, asked)
    for key, by, asks in asked:
        if asks:
            answers = await by.answer(context, [facts for _row, facts in asks])
            for (row, _facts), value in zip(asks, answers, strict=True):
                row[key] = value
    return answer


async def _shown(
    context: Context,
    fragments: Fragments,
    selections: Selections,
    field: GraphQLField,
    nodes: list[FieldNode],
    entity: str,
    keys: list[str | None],
) -> dict[str, Any]:
    """Return rows by the ids that a payload holds."""
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    root = Root(entity, "keys", key=Var((ID,)), shape=selections.shape(object_type(field), nodes))
    run = shaper(plan(root, fragments), typed=True)
    return await finished(context, run, {**selections.variables, ID: wanted}) if wanted else {}
