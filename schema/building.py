"""The schema is built: Strawberry makes the types, then each planned field gets its reading and a plain resolver."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_nullable_type,
    is_introspection_type,
)

from resolvers.reading import resolve_root, subscribe_root
from resolvers.readings import READING, RootFollowed, RootReading
from resolvers.rows import Row

from .errors import TYPES, shown_as
from .fields import PlannedField
from .policies import Scope, require

REFUSALS = {type_.__name__: kind for kind, type_ in TYPES.items()}
DEFINITION = "strawberry-definition"
POLICY = "policy"


def finish(schema: GraphQLSchema) -> None:
    """Hang readings, policies and resolvers on the fields of a built schema."""
    for type_ in schema.type_map.values():
        if is_introspection_type(type_):
            continue
        if isinstance(type_, GraphQLObjectType):
            _finish_object(type_)
        elif isinstance(type_, (GraphQLInterfaceType, GraphQLUnionType)):
            type_.resolve_type = _type_of(type_.resolve_type)


def _finish_object(type_: GraphQLObjectType) -> None:
    if type_.is_type_of is not None:
        type_.is_type_of = _is_row_or(type_.name, type_.is_type_of)
    for name, field in type_.fields.items():
        declared = (field.extensions or {}).get(DEFINITION)
        if isinstance(declared, PlannedField):
            reading = declared.declare(declared.python_name)
            field.extensions = {**field.extensions, READING: reading, POLICY: declared.policy}
            field.resolve = resolve_root if isinstance(reading, RootReading) else _from_row
            if isinstance(reading, RootFollowed):
                field.resolve, field.subscribe = _event, _guarded(subscribe_root, name, declared.policy)
                continue
        elif declared is not None and declared.base_resolver is None:
            field.resolve = _row_or(field.resolve)
        if declared is not None and getattr(declared, "policy", None) is not None:
            field.resolve = _guarded(field.resolve, name, declared.policy)
        union = get_nullable_type(field.type)
        if isinstance(union, GraphQLUnionType) and declared is not None:
            field.resolve = _refusing(field.resolve, union)


def _from_row(source: Any, info: Any, **_arguments: Any) -> Any:
    return source[info.path.key]


def _event(source: Any, _info: Any, **_arguments: Any) -> Any:
    return source


def _row_or(resolve: Callable[..., Any] | None) -> Callable[..., Any]:
    def read(source: Any, info: Any, **arguments: Any) -> Any:
        if type(source) is Row:
            return source[info.path.key]
        return resolve(source, info, **arguments) if resolve else getattr(source, info.field_name)

    return read


def _is_row_or(name: str, decide: Callable[..., Any]) -> Callable[..., Any]:
    def is_type_of(value: Any, info: Any) -> Any:
        return value.typename == name if type(value) is Row else decide(value, info)

    return is_type_of


def _type_of(decide: Callable[..., Any] | None) -> Callable[..., Any]:
    def resolve_type(value: Any, info: Any, type_: Any) -> Any:
        if type(value) is Row:
            return value.typename
        return decide(value, info, type_) if decide else None

    return resolve_type


def _refusing(resolve: Callable[..., Any] | None, union: GraphQLUnionType) -> Callable[..., Any] | None:
    """Return a resolver that answers a refusal which the union has a type for, and raises what it has none for."""
    kinds = tuple(REFUSALS[member.name] for member in union.types if member.name in REFUSALS)
    if not kinds or resolve is None:
        return resolve

    async def answer(source: Any, info: Any, **arguments: Any) -> Any:
        try:
            return await resolve(source, info, **arguments)
        except kinds as refused:
            return shown_as(refused)

    return answer


def _guarded(resolve: Callable[..., Any] | None, name: str, scope: Scope) -> Callable[..., Any]:
    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        require(info.context.viewer, scope, name)
        assert resolve is not None  # noqa: S101 - every field of ours has a resolver by now
        return resolve(source, info, **arguments)

    return guarded
