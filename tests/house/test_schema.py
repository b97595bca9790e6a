"""The contract: its text is committed, everything in it is described, and its types keep to a few patterns."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema.roots import build
from tests.house.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema

NO_LISTS = {"PsaConnection"}  # a cable, not a page
PARTS = {"edges", "nodes", "pageInfo", "totalCount"}
OF_THE_FEDERATION = {"_Any", "_Entity", "_FieldSet", "link__Import", "link__Purpose"}


def test_the_committed_contract_is_what_is_built() -> None:
    committed = (ROOT / "schema" / "schema.graphql").read_text("utf-8")

    assert committed.rstrip("\n") == build().as_str().rstrip("\n"), "write it anew: make schema"


def test_the_contract_keeps_its_patterns() -> None:
    assert "\n".join(complaints(build()._schema)) == ""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("type Project { id: ID! }", "Project is not described"),
        ('"p" type Project { id: ID! }', "Project.id is not described"),
        ('"p" type Project { "n" name(first: Int): String }', "Project.name(first:) is not described"),
        ('"p" input ProjectInput { name: String }', "ProjectInput.name is not described"),
        ('"s" enum Status { OPEN }', "Status.OPEN is not described"),
        ('"u" union Result = Query', None),
        ('"c" type ProjectConnection { "n" nodes: [ID!]! }', "ProjectConnection lacks edges, pageInfo, totalCount"),
        (
            '"a" type A { "c" code: String } "b" type B { "c" code: Int } "u" union U = A | B',
            "U: code of A and B cannot be selected together",
        ),
        ('"m" type Mutation { "d" doIt(input: Int): Int }', "doIt takes no DoItInput"),
        (
            '"m" type Mutation { "d" doIt("i" input: DoItInput!): Int } "i" input DoItInput { "a" a: Int }',
            "doIt answers no DoItResult with a DoItPayload",
        ),
    ],
)
def test_what_breaks_a_pattern_is_found(text: str, complaint: str | None) -> None:
    schema = build_schema('"q" type Query { "o" ok: Int } ' + text)

    found = list(complaints(schema))

    assert found == [] if complaint is None else complaint in found


def complaints(schema: GraphQLSchema) -> Iterator[str]:
    """Yield a sentence for everything that breaks a pattern."""
    for type_ in schema.type_map.values():
        if is_introspection_type(type_) or is_specified_scalar_type(type_) or type_.name in OF_THE_FEDERATION:
            continue
        yield from _undescribed(type_)
        if isinstance(type_, GraphQLUnionType):
            yield from _clashes(type_)
        if isinstance(type_, GraphQLObjectType) and type_.name.endswith("Connection") and type_.name not in NO_LISTS:
            lacking = sorted(PARTS - type_.fields.keys())
            if lacking:
                yield f"{type_.name} lacks {', '.join(lacking)}"
    for name, field in schema.mutation_type.fields.items() if schema.mutation_type else ():
        yield from _misnamed(name, field)


def _undescribed(type_: Any) -> Iterator[str]:
    if not type_.description:
        yield f"{type_.name} is not described"
    if isinstance(type_, GraphQLEnumType):
        yield from (
            f"{type_.name}.{name} is not described" for name, each in type_.values.items() if not each.description
        )
    if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
        for name, field in type_.fields.items():
            where = f"{type_.name}.{name}"
            if not field.description and where not in OF_THE_FEDERATION:
                yield f"{where} is not described"
            for argument, each in getattr(field, "args", {}).items():
                if not each.description:
                    yield f"{where}({argument}:) is not described"


def _clashes(union: GraphQLUnionType) -> Iterator[str]:
    """A client selects from all members at once, so a name must mean one type in all of them."""
    for one, other in combinations(union.types, 2):
        for name in one.fields.keys() & other.fields.keys():
            if str(one.fields[name].type) != str(other.fields[name].type):
                yield f"{union.name}: {name} of {one.name} and {other.name} cannot be selected together"


def _misnamed(name: str, field: Any) -> Iterator[str]:
    stem = name[0].upper() + name[1:]
    if [str(argument.type) for argument in field.args.values()] != [f"{stem}Input!"]:
        yield f"{name} takes no {stem}Input"
    result = getattr(field.type, "of_type", field.type)
    members = {each.name for each in result.types} if isinstance(result, GraphQLUnionType) else set()
    if str(result) != f"{stem}Result" or f"{stem}Payload" not in members:
        yield f"{name} answers no {stem}Result with a {stem}Payload"
