"""What a gateway reads of this subgraph before it sends anybody to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import build_ast_schema, parse

from schema.roots import build

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from tests.asking import Desk

KEYED = {"Project", "Task", "Client", "Contract", "Ticket"}


async def test_the_subgraph_introduces_itself_without_the_roots_that_every_relay_subgraph_has(desk: Desk):
    told = (await desk.ask("{ _service { sdl } }"))["sdl"]

    query = _roots(build_ast_schema(parse(told), assume_valid_sdl=True))
    whole = _roots(build()._schema)  # pyright: ignore[reportAttributeAccessIssue]
    assert whole - query == {"node", "nodes"}
    assert "edges" in told
    assert told.count(" nodes:") > 5, "connections keep theirs"


async def test_the_subgraph_names_its_keys_and_shares_what_others_may_own(desk: Desk):
    told = (await desk.ask("{ _service { sdl } }"))["sdl"]

    assert set(re.findall(r'^type (\w+).*@key\(fields: "id", resolvable: true\)', told, re.MULTILINE)) == KEYED
    assert "type PageInfo @shareable" in told
    assert "https://specs.apollo.dev/federation/v2.7" in told


def _roots(schema: GraphQLSchema) -> set[str]:
    assert schema.query_type is not None
    return set(schema.query_type.fields)
