"""Two organisations whose ops have the same ids: what is done to one's ops is done to none of the other's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.ledger.claims import Own, claim, rest, resume, sweep
from db.ledger.incarnations import release, suspend
from db.ledger.reads import SUSPENDED, outstanding, shown_code, shown_message, waiting
from db.ledger.settlements import PARKED, Attempt, Outcome, is_still_ours, look_again, mark_sent, settle, void
from db.ledger.tables import AttemptKind, OpState, OutboundOp
from tests.db.streets import STATES
from tests.given import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.db.streets import Street

SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)


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


async def test_a_pause_ends_for_ones_own_claim_at_its_very_end(street: Street):
    own = Own(street.here, ["op_pending"])
    async with street.database.write(None) as session:
        await rest(session, street.here, SOON)
        early, late = [await claim(session, "me", now, timedelta(minutes=1), own) for now in (NOW, SOON)]

    assert (early, late is not None) == (None, True)


@pytest.mark.parametrize("is_own", [True, False])
async def test_while_suspended_only_a_recovery_takes_anything(street: Street, *, is_own: bool):
    own = Own(street.here, ["op_pending"]) if is_own else None
    async with street.database.write(None) as session:
        await suspend(session, "A test.", NOW)
        held = await claim(session, "me", NOW, timedelta(minutes=1), own)
        taken = await claim(session, "me", NOW, timedelta(minutes=1), own, is_recovering=True)

    assert (held, taken is not None) == (None, True)


async def test_who_resumes_wakes_nobody_else(street: Street):
    async with street.database.write(None) as session:
        for org in (street.here, street.there):
            await rest(session, org, LATER)
        await resume(session, street.here, NOW)

    senders = await street.senders()
    assert [senders[org].rests_until for org in (street.here, street.there)] == [NOW, LATER]


async def test_only_what_is_on_its_way_is_swept_and_its_doubt_began_with_its_first_send(street: Street):
    await street.change(street.here, *STATES, lease_until=NOW)
    await street.change(street.there, "op_sent", lease_until=NOW, first_sent_at=NOW)
    async with street.database.write(None) as session:
        swept = await sweep(session, LATER)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert swept == 2
    assert {op_id: op.state for op_id, op in here.items()} == STATES | {"op_sent": OpState.UNKNOWN}
    assert [(op.doubt_since, op.not_before, op.lease_until) for op in (here["op_sent"], there["op_sent"])] == [
        (LATER, LATER, None), (NOW, LATER, None),
    ]  # fmt: skip


async def test_an_op_is_ones_own_until_it_is_settled_whatever_becomes_of_the_neighbours(street: Street):
    owns = [Own(org, ["op_pending"]) for org in (street.here, street.there)]
    async with street.database.write(None) as session:
        mine, theirs = [await claim(session, "me", LATER, timedelta(minutes=1), own) for own in owns]
        assert mine is not None
        assert theirs is not None
        own = [await is_still_ours(session, mine), await is_still_ours(session, replace(mine, epoch=0))]
        await settle(session, mine, Outcome(OpState.CONFIRMED), [], LATER)
        own += [await is_still_ours(session, mine), await is_still_ours(session, theirs)]

    assert own == [True, False, False, True]


async def test_a_late_send_has_its_own_op_audited_and_no_other(street: Street):
    send = Attempt(AttemptKind.SEND, NOW, NOW, "DONE")
    async with street.database.write(None) as session:
        mine = await claim(session, "me", LATER, timedelta(minutes=1), Own(street.here, ["op_pending"]))
        assert mine is not None
        await settle(session, replace(mine, epoch=0), Outcome(OpState.CONFIRMED), [send], LATER, audit_at=LATER)

    audits = {
        (org, op.id) for org in (street.here, street.there) for op in (await street.ops(org)).values() if op.audit_at
    }
    assert audits == {(street.here, "op_pending")}


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
