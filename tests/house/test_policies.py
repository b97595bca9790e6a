"""Every root field says which kinds of callers may use it, and keeps its word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import strawberry

from db.viewers import CallerKind
from schema.building import DEFINITION, finish
from schema.executions import told
from schema.fields import live
from schema.policies import Scope
from schema.roots import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema


def test_every_root_field_declares_a_policy() -> None:
    assert list(without_policy(build()._schema)) == []


def test_every_mutation_is_for_people() -> None:
    mutation: Any = build()._schema.mutation_type

    scopes = {field.extensions[DEFINITION].policy for field in mutation.fields.values()}

    assert scopes == {Scope.PEOPLE}


def test_a_root_field_without_a_policy_is_found() -> None:
    assert list(without_policy(_schema(open_field=True)._schema)) == ["Query.open"]


@pytest.mark.parametrize(("kind", "is_let_in"), [(CallerKind.SESSION, True), (CallerKind.INTEGRATION, False)])
async def test_a_policy_is_kept(kind: CallerKind, is_let_in: bool) -> None:  # noqa: FBT001 - a column of the table
    schema, context = _schema(), SimpleNamespace(viewer=SimpleNamespace(kind=kind))

    result: Any = await schema.execute("{ closed }", context_value=context)

    assert (result.data == {"closed": 1}) is is_let_in
    codes = [(error.extensions or {})["code"] for error in told(result.errors or (), "req_1")]
    assert codes == ([] if is_let_in else ["FORBIDDEN"])


def without_policy(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the names of root fields that are open to whoever asks."""
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for name, field in root.fields.items() if root else ():
            where = f"{root}.{name}"
            declared = (field.extensions or {}).get(DEFINITION)
            if not isinstance(getattr(declared, "policy", None), Scope):
                yield where


def _schema(*, open_field: bool = False) -> Any:
    def answer() -> int:
        return 1

    fields = {"closed": live(answer, "Kept.")} | ({"open": strawberry.field(resolver=answer)} if open_field else {})
    schema = strawberry.Schema(strawberry.type(type("Query", (), fields)))
    finish(schema._schema)
    return schema
