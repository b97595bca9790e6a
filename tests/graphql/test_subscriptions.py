"""What an event of a subscription costs: one plan, whatever is selected of however many rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.organizations import Role
from resolvers.context import Context
from resolvers.followings import Followings
from schema.executions import Executions
from schema.roots import build
from tests import given
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from tests.asking import Desk

PROGRESS = """subscription ($id: ID!) { exportBatchProgress(id: $id) {
  status counts { total } project { name } lines(first: 50) { nodes { state timeEntry { id user { name } } } }
} }"""
READS = 2  # when it begins, and once it follows: what moved in between is not missed


async def test_an_event_costs_the_same_statements_for_few_lines_and_for_many(desk: Desk):
    await linked(desk)
    few = await desk.do(EXPORT, **said(desk, *await entries(desk, 2), key="few"))
    many = await desk.do(EXPORT, **said(desk, *await entries(desk, 20), key="many"))

    (of_few, cost_of_few) = await _followed(desk, few["batch"]["id"])
    (of_many, cost_of_many) = await _followed(desk, many["batch"]["id"])

    assert [len(told["lines"]["nodes"]) for told in (*of_few, *of_many)] == [2, 20]
    assert cost_of_few == cost_of_many
    assert cost_of_few <= 3 * READS


async def test_a_member_follows_by_their_own_rights(desk: Desk):
    await linked(desk)
    batch = (await desk.do(EXPORT, **said(desk, *await entries(desk, 1))))["batch"]
    stranger = given.user(desk.place.organization, role=Role.MEMBER)
    await given.stored(desk.database, stranger)

    seen = await _begun(desk, batch["id"], given.viewer(desk.place.organization, stranger))

    assert [error.original_error.code for error in seen.errors] == ["EXPORT_BATCH_NOT_FOUND"]


async def test_another_products_key_follows_nothing(desk: Desk):
    seen = await _begun(desk, "exb_any", given.integration(desk.place.organization))

    assert [error.original_error.code for error in seen.errors] == ["FORBIDDEN"]


async def _followed(desk: Desk, batch_id: str) -> tuple[list[Any], int]:
    """Return the events of a batch, and how many statements of plans they cost."""
    before = desk.database.reader.statements
    told = [event.data["exportBatchProgress"] async for event in await _begun(desk, batch_id)]
    return told, desk.database.reader.statements - before


async def _begun(desk: Desk, batch_id: str, viewer: Any = None) -> Any:
    executions = Executions(build())
    context = Context(
        viewer or desk.place.viewer(), desk.database, desk.psa_for, desk.outbox, desk.now,
        followings=Followings(desk.database),
    )  # fmt: skip
    operation: Any = executions.choose(PROGRESS, None, {"id": batch_id})
    return await executions.events(operation, {"id": batch_id}, context)
