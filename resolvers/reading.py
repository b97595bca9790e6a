"""Root fields of the standard finisher: one plan for the selection below a root field, run, and its Rows returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from db.pages import BadCursor
from db.plans.building import plan
from db.plans.sources import OutOfRange
from db.relations import ENTITIES
from db.shapes import Root, Var

from .readings import RootEntities, RootMany, RootNodes, RootOne, RootPage, reading_of
from .selections import Selections, object_type
from .shaping import shaper

if TYPE_CHECKING:
    from graphql import GraphQLObjectType, GraphQLResolveInfo

    from .context import Context

ID = "#id"  # no variable of a document can be called so
PREFIXED = "_"


async def resolve_root(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """Answer a planned root field of a query, or of a payload."""
    field = info.parent_type.fields[info.field_name]
    selections = Selections(info.schema, info.fragments, info.variable_values)
    nodes = list(info.field_nodes)
    try:
        match reading_of(field):
            case RootPage(entity):
                page = selections.page(object_type(field), nodes)
                root = Root(entity, "page", page=page, paging=selections.arguments.paging(field, nodes[0]))
                return await run(info.context, root, dict(info.variable_values))
            case RootOne(entity, by, argument, attribute):
                key = getattr(source, attribute) if attribute else arguments.get(argument or "")
                if (attribute or argument) and key is None:
                    return None
                shape = selections.shape(object_type(field), nodes)
                root = Root(entity, "one", by, Var((ID,)) if attribute or argument else None, shape)
                return await run(info.context, root, {**info.variable_values, ID: key})
            case RootMany(entity, attribute):
                shape = selections.shape(object_type(field), nodes)
                found = await _by_keys(info, entity, shape, getattr(source, attribute))
                return [found[key] for key in getattr(source, attribute) if key in found]
            case RootNodes(argument):
                return await _nodes(info, selections, nodes, arguments[argument])
            case RootEntities():
                return await _entities(info, selections, nodes, arguments["representations"])
    except (BadCursor, OutOfRange) as refused:
        raise GraphQLError(str(refused), extensions={"code": "BAD_USER_INPUT"}) from None


async def run(context: Context, root: Root, variables: dict[str, Any]) -> Any:
    """Plan a root, run it, and let other products answer what is theirs."""
    made = plan(root, context.database.fragments(sees_all=context.viewer.sees_all))
    asked: list[Any] = []
    answer = await shaper(made, typed=True)(context.database.reader.fetch, context.env, variables, asked)
    for key, by, asks in asked:
        if asks:
            answers = await by.answer(context, [facts for _row, facts in asks])
            for (row, _facts), value in zip(asks, answers, strict=True):
                row[key] = value
    return answer


async def _by_keys(info: GraphQLResolveInfo, entity: str, shape: Any, keys: list[str]) -> dict[str, Any]:
    root = Root(entity, "keys", key=Var((ID,)), shape=shape)
    return await run(info.context, root, {**info.variable_values, ID: list(dict.fromkeys(keys))})


async def _nodes(info: GraphQLResolveInfo, selections: Selections, nodes: Any, wanted: Any) -> Any:
    """Answer node and nodes: an id's prefix names its type; an id of no type of ours is null like an unknown one."""
    many = isinstance(wanted, list)
    ids = wanted if many else [wanted]
    types = _types_by_prefix(info)
    found: dict[str, Any] = {}
    for prefix, type_ in types.items():
        mine = [id_ for id_ in ids if id_.partition(PREFIXED)[0] == prefix]
        if mine:
            found |= await _by_keys(info, type_.name, selections.shape(type_, nodes), mine)
    return [found.get(id_) for id_ in ids] if many else found.get(wanted)


def _types_by_prefix(info: GraphQLResolveInfo) -> dict[str, GraphQLObjectType]:
    interface: Any = info.schema.get_type("Node")
    return {ENTITIES[type_.name].table.PREFIX: type_ for type_ in info.schema.get_possible_types(interface)}  # type: ignore[union-attr]


async def _entities(info: GraphQLResolveInfo, selections: Selections, nodes: Any, wanted: list[Any]) -> list[Any]:
    """Answer a gateway: each representation judged alone, one group of statements per type (serving, Federation)."""
    union: Any = info.schema.get_type("_Entity")
    types = {type_.name: type_ for type_ in union.types if ENTITIES.get(type_.name)}
    keys = [_key(representation, types) for representation in wanted]
    found: dict[tuple[str, str], Any] = {}
    for name, type_ in types.items():
        mine = [key[1] for key in keys if isinstance(key, tuple) and key[0] == name]
        if mine:
            rows = await _by_keys(info, name, selections.shape(type_, nodes), mine)
            found |= {(name, id_): row for id_, row in rows.items()}
    return [found.get(key) if isinstance(key, tuple) else key for key in keys]


def _key(representation: Any, types: dict[str, Any]) -> tuple[str, str] | GraphQLError:
    known = isinstance(representation, dict) and representation.get("__typename") in types
    if known and isinstance(representation.get("id"), str):
        return representation["__typename"], representation["id"]
    message = f"A representation needs a `__typename` among {', '.join(sorted(types))}, and its `id` as text."
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


