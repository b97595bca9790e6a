"""What is written down to be sent: its figures and its number, what it retires, and whether it may be out there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from db.base import id_of
from db.ledger.intents import DUE, Intent, digest, enqueue, sibling_refs
from db.ledger.tables import OpKind, OpState, OutboundOp, OutboundSender
from tests import given
from tests.db.streets import cleared
from tests.given import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def org(database: Database) -> AsyncIterator[str]:
    """Give an organisation, and leave nothing of the ledger."""
    organization = given.organization()
    await given.stored(database, organization)
    yield organization.org_id
    await cleared(database)


def test_a_digest_is_the_same_in_every_release_and_none_is_made_of_what_is_no_json():
    assert digest({"b": "ü", "a": 1}) == "1a59e522e02ce50ad2c27c11a6d30f8667489c199580627fe9e3e33e2b0e91d5"
    with pytest.raises(ValueError, match="JSON"):
        digest({"hours": float("nan")})


@pytest.mark.parametrize(
    ("payload", "figures"),
    [
        ({"hours": "1.50", "amount": "180.00"}, (Decimal("1.50"), Decimal("180.00"))),
        ({"hours": "1.50", "amount": None}, (Decimal("1.50"), None)),
        ({}, (None, None)),
    ],
)
async def test_an_op_begins_with_its_figures_and_nothing_sent(
    database: Database, org: str, payload: dict[str, Any], figures: Any
):
    await _put(database, org, "te_1", payload=payload)

    op = (await _ops(database, org))["te_1"]
    assert (op.hours, op.amount) == figures
    assert (op.not_before, op.created_at, op.sends) == (DUE, NOW, 0)
    assert (op.first_sent_at, op.last_sent_at, op.doubt_since) == (None, None, None)


async def test_only_what_is_over_of_the_same_subject_is_retired(database: Database, org: str):
    other = given.organization()
    await given.stored(database, other)
    for each in (org, other.org_id):
        await _put(database, each, "te_1", "te_2")
    async with database.write(None) as session:
        await session.execute(update(OutboundOp).values(state=OpState.VOIDED))

    await _put(database, org, "te_1")

    newest = select(OutboundOp.org_id, OutboundOp.external_ref).where(OutboundOp.newest)
    async with database.read(None) as session:
        found = {(org_id, ref.partition(":te_")[2]) for org_id, ref in await session.execute(newest)}
    assert found == {(org, "1:2"), (org, "2:1"), (other.org_id, "1:1"), (other.org_id, "2:1")}


async def test_a_wish_for_what_is_live_changes_nothing(database: Database, org: str):
    await _put(database, org, "te_1")
    before = (await _ops(database, org))["te_1"].id

    await _put(database, org, "te_1")

    assert (await _ops(database, org))["te_1"].id == before


async def test_what_was_born_before_a_recovery_may_be_out_there_and_what_came_later_is_not(
    database: Database, org: str
):
    microseconds = (LATER - DUE) // timedelta(microseconds=1)
    last, first = id_of("te", microseconds, 0), id_of("te", microseconds, 1)
    await _put(database, org, "te_1")
    async with database.write(org) as session:
        await session.execute(update(OutboundSender).values(recovered_at=LATER))

    await _put(database, org, last, first)

    ops = await _ops(database, org)
    assert (ops[last].sends, ops[last].first_sent_at, ops[last].last_sent_at) == (1, LATER, LATER)
    assert ops[last].doubt_since == NOW
    assert (ops[first].sends, ops[first].last_sent_at, ops[first].doubt_since) == (0, None, None)


@pytest.mark.parametrize(
    ("number", "names"),
    [(1, [*range(2, 101)]), (3, [1, 2, *range(4, 101)]), (80, [*range(30, 80), *range(81, 130)])],
)
def test_the_other_names_of_a_subject_are_those_around_its_own_as_many_as_fit_a_call(number: int, names: list[int]):
    assert sibling_refs(f"projects:o:e:{number}") == [f"projects:o:e:{each}" for each in names]


async def _put(database: Database, org: str, *subjects: str, payload: dict[str, Any] | None = None) -> None:
    async with database.write(org) as session:
        await enqueue(session, [Intent(OpKind.TIME, each, 1, payload or {}, "k1") for each in subjects], NOW)


async def _ops(database: Database, org: str) -> dict[str, OutboundOp]:
    async with database.read(org) as session:
        return {op.subject_id: op for op in await session.scalars(select(OutboundOp).where(OutboundOp.newest))}
