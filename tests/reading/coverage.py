"""What a document mentions of a schema: its fields, their arguments, and the fields of input objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from tests.reading.documents import is_planned

if TYPE_CHECKING:
    from graphql import GraphQLSchema


class Names(Visitor):
    """Collects `Type.field`, `Type.field.argument` and `Input.field` on its way through a document."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.found: set[str] = set()

    def enter_field(self, node: Any, *_rest: Any) -> None:
        parent = self.types.get_parent_type()
        self.found |= {f"{parent}.{node.name.value}"}
        self.found |= {f"{parent}.{node.name.value}.{argument.name.value}" for argument in node.arguments or ()}

    def enter_object_field(self, node: Any, *_rest: Any) -> None:
        self.found |= {f"{get_named_type(self.types.get_parent_input_type())}.{node.name.value}"}


def mentioned(text: str, schema: GraphQLSchema) -> set[str]:
    """Return the names of all that a document mentions."""
    types = TypeInfo(schema)
    names = Names(types)
    visit(parse(text), TypeInfoVisitor(types, names))
    return names.found


def everything(schema: GraphQLSchema) -> set[str]:
    """Return the names of all that can be asked for of what plans answer, beginning at the query."""
    found: set[str] = set()
    waiting: list[Any] = [schema.query_type]
    seen: set[str] = set()
    while waiting:
        type_ = waiting.pop()
        if type_.name in seen:
            continue
        seen.add(type_.name)
        if isinstance(type_, GraphQLInputObjectType):
            found |= {f"{type_}.{name}" for name in type_.fields}
        elif isinstance(type_, GraphQLObjectType):
            fields = {name: each for name, each in type_.fields.items() if is_planned(type_, each, name)}
            for name, field in fields.items():
                found |= {f"{type_}.{name}", *(f"{type_}.{name}.{argument}" for argument in field.args)}
                waiting += [get_named_type(field.type), *(get_named_type(each.type) for each in field.args.values())]
        elif isinstance(type_, GraphQLUnionType):
            waiting += type_.types
    return found
