"""Two organisations whose ops have the same ids: what is done to one's ops is done to none of the other's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from db.ledger.claims import Own, claim, rest, resume
from db.ledger.incarnations import release, suspend
from db.ledger.intents import DUE
from db.ledger.reads import SUSPENDED, outstanding, shown_code, shown_message, waiting
from db.ledger.settlements import PARKED, look_again, mark_sent, void
from db.ledger.tables import INCARNATION, OpState, OutboundOp, OutboundSender
from db.organizations import Role
from tests import given
from tests.given import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from db.session import Database

SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
STATES = {f"op_{state.lower()}": state for state in OpState}


@dataclass(frozen=True, slots=True)
class Street:
    """Two organisations, each with an op of every state; the ops' ids are the same."""

    database: Database
    here: str
    there: str

    async def ops(self, org: str) -> dict[str, OutboundOp]:
        async with self.database.read(org) as session:
            return {op.id: op for op in await session.scalars(select(OutboundOp).where(OutboundOp.org_id == org))}


@pytest.fixture
async def street(database: Database) -> AsyncIterator[Street]:
    """Give a street, and leave nothing of it that another test could claim."""
    orgs = []
    for _ in range(2):
        place = await given.workplace(database)
        person = place.users[Role.MEMBER]
        ops = [
            given.export_op(given.time_entry(place.project, person), state, id=op_id) for op_id, state in STATES.items()
        ]
        await given.stored(database, OutboundSender(org_id=place.org, served_at=DUE, rests_until=DUE), *ops)
        orgs.append(place.org)
    yield Street(database, *orgs)
    async with database.write(None) as session:
        for table in (OutboundOp, OutboundSender, INCARNATION):
            await session.execute(delete(table))


async def test_only_ones_own_confirmed_op_is_voided(street: Street):
    async with street.database.write(None) as session:
        voided = {op_id: await void(session, street.here, op_id) for op_id in STATES}

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert [op_id for op_id, done in voided.items() if done] == ["op_confirmed"]
    assert (here["op_confirmed"].state, there["op_confirmed"].state) == (OpState.VOIDED, OpState.CONFIRMED)
    assert {op_id: op.state for op_id, op in here.items() if op_id != "op_confirmed"} == {
        op_id: state for op_id, state in STATES.items() if op_id != "op_confirmed"
    }


async def test_a_second_look_is_for_the_ops_that_were_named_and_wait(street: Street):
    named = [op_id for op_id in STATES if op_id != "op_pending"]
    async with street.database.write(None) as session:
        await look_again(session, street.here, named, LATER)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert [op.id for op in here.values() if op.not_before != NOW] == ["op_unknown"]
    assert {op.not_before for op in there.values()} == {NOW}


async def test_what_still_has_to_be_sent_is_counted_for_each(street: Street):
    async with street.database.write(None) as session:
        await void(session, street.here, "op_confirmed")
        counts = [await waiting(session, org) for org in (street.here, street.there, "org_nowhere")]

    assert counts == [2, 2, 0]


@pytest.mark.parametrize(
    ("op_ids", "until", "is_outstanding"),
    [
        (["op_pending"], NOW, True),
        (["op_pending"], NOW - timedelta(seconds=1), False),
        (["op_unknown"], NOW, True),
        (["op_sent"], NOW - timedelta(seconds=1), True),
        (["op_confirmed", "op_rejected", "op_voided"], LATER, False),
        ([], LATER, False),
    ],
)
async def test_outstanding_are_ops_under_way_and_those_due_in_time(
    street: Street, op_ids: list[str], until: datetime, *, is_outstanding: bool
):
    async with street.database.write(None) as session:
        said = await outstanding(session, Own(street.here, op_ids), until)
        elsewhere = await outstanding(session, Own("org_nowhere", op_ids), until)

    assert (said, elsewhere) == (is_outstanding, False)


async def test_a_pause_holds_back_ones_own_and_ends_when_it_ends(street: Street):
    own, theirs = Own(street.here, ["op_pending"]), Own(street.there, ["op_pending"])
    async with street.database.write(None) as session:
        await rest(session, street.here, SOON)
        await rest(session, street.here, NOW)  # a shorter one shortens nothing
        paused = [await outstanding(session, own, until) for until in (NOW, SOON)]
        others = await outstanding(session, theirs, NOW)
        await resume(session, street.here, NOW)
        resumed = await outstanding(session, own, NOW)

    assert (paused, others, resumed) == ([False, True], True, True)


async def test_an_own_claim_takes_no_op_of_the_neighbours(street: Street):
    async with street.database.write(None) as session:
        await rest(session, street.there, PARKED)
        none = await claim(session, "me", LATER, timedelta(minutes=1), Own(street.there, ["op_pending"]))
        mine = await claim(session, "me", LATER, timedelta(minutes=1), Own(street.here, ["op_pending"]))
    assert mine is not None

    async with street.database.write(None) as session:
        marked = await mark_sent(session, mine, LATER)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert (none, mine.org_id, mine.id, marked) == (None, street.here, "op_pending", True)
    assert (here["op_pending"].state, here["op_pending"].sends) == (OpState.SENT, 1)
    assert (there["op_pending"].state, there["op_pending"].sends) == (OpState.PENDING, 0)


async def test_while_suspended_what_waits_says_so_and_nothing_is_outstanding(street: Street):
    shown = select(OutboundOp.id, shown_code(OutboundOp), shown_message(OutboundOp)).where(
        OutboundOp.org_id == street.here
    )
    own = Own(street.here, ["op_pending", "op_unknown"])
    async with street.database.write(None) as session:
        before = {code for _, code, _ in await session.execute(shown)}
        await suspend(session, "A test.", NOW)
        during = {op_id: (code, said) for op_id, code, said in await session.execute(shown)}
        held = await outstanding(session, own, LATER)
        await release(session, NOW)
        freed = await outstanding(session, own, LATER)

    assert before == {None}
    assert [op_id for op_id, (code, said) in during.items() if (code, bool(said)) == (SUSPENDED, True)] == [
        "op_pending"
    ]
    assert {pair for op_id, pair in during.items() if op_id != "op_pending"} == {(None, None)}
    assert (held, freed) == (False, True)
