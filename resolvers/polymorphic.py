"""Root fields whose rows are of several types: by the prefix of an id, or by the type that a gateway names."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from db.relations import ENTITIES
from db.shapes import PAGE_MOST, Const, Given, Var

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLObjectType, GraphQLSchema

    from .shaping import Run

TYPENAME, ID = itemgetter("__typename"), itemgetter("id")
IDS = "#ids"  # no variable of a document can be called so


class _ByType:
    """Rows of several types, each type's plan made when the first of its ids turns up."""

    by_keys: Callable[[str, Given], Run]  # makes a type's plan; set before the first request

    def __init__(self, given: Given, types: Mapping[str, Any]) -> None:
        self.given = given
        self.types = types
        self._runs: dict[str, Run] = {}

    def wanted(self, variables: Mapping[str, Any]) -> Any:
        """Return what the request asks for."""
        if isinstance(self.given, Const):
            return self.given.value
        value: Any = variables
        for step in self.given.path:
            value = value[step]
        return value

    async def rows(self, name: str, ids: list[str], *request: Any) -> dict[str, Any]:
        """Return the rows of one type by id."""
        if name not in self._runs:
            self._runs[name] = self.by_keys(name, Var((IDS,)))
        fetch, env, variables, asked = request
        return await self._runs[name](fetch, env, {**variables, IDS: list(dict.fromkeys(ids))}, asked)


class Nodes(_ByType):
    """`node` and `nodes`: an id's prefix names its type; one of no type of ours is null like an unknown one."""

    def __init__(self, schema: GraphQLSchema, given: Given) -> None:
        interface: Any = schema.get_type("Node")
        types = {prefix(type_): type_ for type_ in schema.get_possible_types(interface)}
        super().__init__(given, types)

    async def run(self, fetch: Any, env: Any, variables: dict[str, Any], asked: Any = None) -> Any:
        """Answer in the order of the ids."""
        wanted = self.wanted(variables)
        ids = wanted if isinstance(wanted, list) else [wanted]
        refuse_more_than_a_page(ids, "ids")
        found: dict[str, Any] = {}
        for name in dict.fromkeys(id_.partition("_")[0] for id_ in ids):
            if name in self.types:
                mine = [id_ for id_ in ids if id_.partition("_")[0] == name]
                found |= await self.rows(name, mine, fetch, env, variables, asked)
        return [found.get(id_) for id_ in ids] if isinstance(wanted, list) else found.get(wanted)


class Entities(_ByType):
    """`_entities`: each representation judged alone, one group of statements per type (serving, Federation)."""

    def __init__(self, schema: GraphQLSchema, given: Given) -> None:
        union: Any = schema.get_type("_Entity")
        super().__init__(given, {type_.name: type_ for type_ in union.types if type_.name in ENTITIES})

    async def run(self, fetch: Any, env: Any, variables: dict[str, Any], asked: Any = None) -> list[Any]:
        """Answer in the order of the representations; one that makes no sense is an error in its place."""
        wanted = self.wanted(variables)
        refuse_more_than_a_page(wanted, "representations")
        name, alike = self._alike(wanted)
        if name is not None:
            return list(map((await self.rows(name, alike, fetch, env, variables, asked)).get, alike))
        return await self._mixed(wanted, fetch, env, variables, asked)

    def _alike(self, wanted: list[Any]) -> tuple[str | None, list[str]]:
        """Return the type and the ids of representations that are all of one and make sense, as a gateway's are."""
        try:
            names, ids = set(map(TYPENAME, wanted)), list(map(ID, wanted))
        except (KeyError, TypeError):
            return None, []
        are_alike = len(names) == 1 and set(map(type, ids)) == {str} and names <= self.types.keys()
        return (names.pop(), ids) if are_alike else (None, [])

    async def _mixed(self, wanted: list[Any], *request: Any) -> list[Any]:
        ids: dict[str, list[str]] = {name: [] for name in self.types}
        found: dict[str, dict[str, Any]] = {name: {} for name in self.types}
        places: list[tuple[dict[str, Any], str] | None] = []
        for representation in wanted:
            try:
                name, id_ = representation["__typename"], representation["id"]
                if type(id_) is str:
                    ids[name].append(id_)
                    places.append((found[name], id_))
                    continue
            except (KeyError, TypeError):  # nothing like it; or a name that is no text
                pass
            places.append(None)
        for name, mine in ids.items():
            if mine:
                found[name].update(await self.rows(name, mine, *request))
        return [self._refusal() if place is None else place[0].get(place[1]) for place in places]

    def _refusal(self) -> GraphQLError:
        """Return what graphql-core raises in its place; orjson cannot write it, so the fast finisher declines."""
        names = ", ".join(sorted(self.types))
        message = f"A representation needs a `__typename` among {names}, and its `id` as text."
        return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def prefix(type_: GraphQLObjectType) -> str:
    """Return what the ids of a type begin with."""
    table: Any = ENTITIES[type_.name].table
    return table.PREFIX


def refuse_more_than_a_page(wanted: list[Any], name: str) -> None:
    """Raise a BAD_USER_INPUT error for a list that is too long."""
    if len(wanted) > PAGE_MOST:
        message = f"`{name}` may hold at most {PAGE_MOST}."
        raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
