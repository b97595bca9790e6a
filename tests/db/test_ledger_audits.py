"""The second look, in the ledger: which op is due for it, whose it is, and what closing one leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from db.ledger.audits import AT_ONCE, claim_audits, close_audit, unaudited
from db.ledger.claims import rest
from db.ledger.incarnations import suspend
from db.ledger.tables import Attention, OpKind, OpState, OutboundOp
from tests.db.streets import STATES
from tests.given import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from db.ledger.claims import Claimed
    from tests.db.streets import Street

A_SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)


async def test_of_all_that_is_due_only_the_confirmed_op_is_looked_up_and_it_is_due_again(street: Street):
    await street.change(street.here, *STATES, audit_at=NOW)

    (taken,), nothing = await _claim(street), await _claim(street)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert (taken.org_id, taken.id, taken.audit_at, nothing) == (street.here, "op_confirmed", LATER, [])
    assert {op_id for op_id, op in here.items() if op.audit_at == LATER} == {"op_confirmed"}
    assert {op.audit_at for op in there.values()} == {None}


@pytest.mark.parametrize(
    ("facts", "is_due"),
    [
        ({"audit_at": NOW}, True),
        ({"audit_at": NOW + A_SECOND}, False),
        ({"audit_at": NOW, "kind": OpKind.TICKET}, True),
        ({"audit_at": NOW, "kind": OpKind.VOID}, False),
    ],
)
async def test_an_audit_waits_for_its_time_and_no_void_has_one(street: Street, facts: dict[str, Any], *, is_due: bool):
    await street.change(street.here, "op_confirmed", **facts)

    assert bool(await _claim(street)) is is_due


async def test_the_organisation_whose_audit_is_due_longest_is_looked_up_first_and_all_of_it_at_once(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    await street.change(street.there, "op_confirmed", audit_at=NOW - A_SECOND)
    await street.change(street.there, "op_rejected", audit_at=NOW, state=OpState.CONFIRMED)

    claims = [await _claim(street) for _ in range(3)]

    assert [{(op.org_id, op.id) for op in ops} for ops in claims] == [
        {(street.there, "op_confirmed"), (street.there, "op_rejected")}, {(street.here, "op_confirmed")}, set(),
    ]  # fmt: skip


async def test_no_more_are_looked_up_at_once_than_a_call_can_ask_for_those_that_are_due_longest_first(street: Street):
    first = (await street.ops(street.here))["op_confirmed"]
    facts = {column.name: getattr(first, column.name) for column in OutboundOp.__table__.columns}
    others = [
        facts | {"id": f"op_{number:03}", "subject_id": f"s_{number}", "external_ref": f"ref {number}", "audit_at": NOW}
        for number in range(AT_ONCE)
    ]
    await street.change(street.here, "op_confirmed", audit_at=NOW - A_SECOND)
    async with street.database.write(street.here) as session:
        await session.execute(insert(OutboundOp), others)

    claims = [await _claim(street) for _ in range(2)]

    assert [len(ops) for ops in claims] == [AT_ONCE, 1]
    assert "op_confirmed" in {op.id for op in claims[0]}


async def test_what_is_still_to_be_looked_up_is_counted_now_or_later(street: Street):
    await street.change(street.here, *STATES, audit_at=LATER)
    await street.change(street.there, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        two = await unaudited(session)
    await street.change(street.there, "op_confirmed", kind=OpKind.VOID)
    async with street.database.write(None) as session:
        one = await unaudited(session)

    assert (two, one) == (2, 1)


async def test_an_organisation_that_rests_is_not_asked_about_until_it_wakes_whoever_else_is_awake(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        await rest(session, street.here, NOW + A_SECOND)

    resting, awake = await _claim(street), await _claim(street, NOW + A_SECOND)

    assert (len(resting), len(awake)) == (0, 1)


async def test_while_suspended_only_a_recovery_audits(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        await suspend(session, "A test.", NOW)
        held = await claim_audits(session, NOW, LATER)
        taken = await claim_audits(session, NOW, LATER, is_recovering=True)

    assert (len(held), len(taken)) == (0, 1)


async def test_closing_an_audit_touches_that_op_alone(street: Street):
    for org in (street.here, street.there):
        await street.change(org, "op_confirmed", "op_rejected", audit_at=NOW)
    audited = await _claim_of(street, street.here)
    await street.change(street.here, "op_rejected", audit_at=LATER)
    await street.change(street.there, "op_confirmed", audit_at=LATER)

    async with street.database.write(None) as session:
        await close_audit(session, audited, [], Attention.DUPLICATE_IN_PSA)

    here, there = await street.ops(street.here), await street.ops(street.there)
    closed, others = here.pop("op_confirmed"), [here["op_rejected"], *there.values()]
    assert (closed.audit_at, closed.needs_attention) == (None, Attention.DUPLICATE_IN_PSA)
    assert (here["op_rejected"].audit_at, there["op_confirmed"].audit_at) == (LATER, LATER)
    assert {op.needs_attention for op in others} == {None}


async def test_an_audit_that_a_later_send_has_put_off_stays_open_and_says_nothing(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    audited = await _claim_of(street, street.here)
    await street.change(street.here, "op_confirmed", audit_at=LATER + A_SECOND)

    async with street.database.write(None) as session:
        await close_audit(session, audited, [], Attention.MISSING_IN_PSA)

    op = (await street.ops(street.here))["op_confirmed"]
    assert (op.audit_at, op.needs_attention) == (LATER + A_SECOND, None)


async def _claim(street: Street, now: datetime = NOW) -> list[Claimed]:
    async with street.database.write(None) as session:
        return await claim_audits(session, now, LATER)


async def _claim_of(street: Street, org: str) -> Claimed:
    """Take an organisation's audit, the neighbour resting meanwhile."""
    other = street.there if org == street.here else street.here
    async with street.database.write(None) as session:
        await rest(session, other, LATER)
        (taken,) = await claim_audits(session, NOW, LATER)
    assert taken.org_id == org
    return taken
