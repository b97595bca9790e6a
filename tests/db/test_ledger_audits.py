"""The second look, in the ledger: which op is due for it, whose it is, and what closing one leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.audits import claim_audit, close_audit
from db.ledger.claims import rest
from db.ledger.incarnations import suspend
from db.ledger.tables import Attention, OpKind, OpState
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

    taken, nothing = await _claim(street), await _claim(street)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert taken is not None
    assert (taken.org_id, taken.id, taken.audit_at, nothing) == (street.here, "op_confirmed", LATER, None)
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

    assert (await _claim(street) is not None) is is_due


async def test_what_is_due_longest_is_looked_up_first(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    await street.change(street.here, "op_rejected", audit_at=NOW - A_SECOND, state=OpState.CONFIRMED)

    first, second = await _claim(street), await _claim(street)

    assert [each and each.id for each in (first, second)] == ["op_rejected", "op_confirmed"]


async def test_an_organisation_that_rests_is_not_asked_about_until_it_wakes_whoever_else_is_awake(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        await rest(session, street.here, NOW + A_SECOND)

    resting, awake = await _claim(street), await _claim(street, NOW + A_SECOND)

    assert (resting, awake is not None) == (None, True)


async def test_while_suspended_only_a_recovery_audits(street: Street):
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        await suspend(session, "A test.", NOW)
        held = await claim_audit(session, NOW, LATER)
        taken = await claim_audit(session, NOW, LATER, is_recovering=True)

    assert (held, taken is not None) == (None, True)


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


async def _claim(street: Street, now: datetime = NOW) -> Claimed | None:
    async with street.database.write(None) as session:
        return await claim_audit(session, now, LATER)


async def _claim_of(street: Street, org: str) -> Claimed:
    """Take an organisation's audit, the neighbour resting meanwhile."""
    other = street.there if org == street.here else street.here
    async with street.database.write(None) as session:
        await rest(session, other, LATER)
        taken = await claim_audit(session, NOW, LATER)
    assert taken is not None
    assert taken.org_id == org
    return taken
