"""A recovery, in the ledger: what it puts in doubt and what it leaves, what it counts, and what letting go does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from db.ledger.incarnations import RECOVERING, suspension
from db.ledger.recoveries import NOT_LOOKED_UP, Recovered, let_go, recover, unreconciled
from db.ledger.settlements import PARKED
from db.ledger.tables import OpKind, OpState, OutboundSender
from tests.db.streets import STATES
from tests.given import NOW

if TYPE_CHECKING:
    from tests.db.streets import Street

A_SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
OPEN = {"op_pending", "op_sent", "op_unknown"}


async def test_whatever_is_open_is_put_in_doubt_and_what_is_over_or_parked_is_left(street: Street):
    await street.change(street.there, "op_unknown", not_before=PARKED)
    await street.change(street.here, "op_sent", owner="gone", lease_until=NOW)

    recovered = await _recover(street)

    here, there = await street.ops(street.here), await street.ops(street.there)
    assert recovered.in_doubt == 3 + 2
    for op in [here[op_id] for op_id in OPEN]:
        assert (op.state, op.error_code, op.owner, op.lease_until) == (OpState.UNKNOWN, NOT_LOOKED_UP, None, None)
        assert (op.sends, op.not_before) == (1, LATER)
        assert (op.first_sent_at, op.last_sent_at, op.doubt_since) == (LATER, LATER, LATER)
    assert {op_id: here[op_id].state for op_id in STATES.keys() - OPEN} == {
        op_id: STATES[op_id] for op_id in STATES.keys() - OPEN
    }
    left = [there["op_unknown"], *(here[op_id] for op_id in STATES.keys() - OPEN)]
    assert {(op.error_code, op.sends, op.last_sent_at) for op in left} == {(None, 0, None)}


async def test_what_had_been_sent_before_keeps_its_first_moment_and_has_one_send_more(street: Street):
    await street.change(street.here, "op_unknown", first_sent_at=NOW, last_sent_at=NOW, sends=2)

    await _recover(street)

    op = (await street.ops(street.here))["op_unknown"]
    assert (op.first_sent_at, op.last_sent_at, op.sends) == (NOW, LATER, 3)


@pytest.mark.parametrize(
    ("facts", "is_audited"),
    [
        ({"settled_at": NOW}, True),
        ({"settled_at": NOW - timedelta(days=900)}, True),
        ({"settled_at": NOW, "kind": OpKind.TICKET}, True),
        ({"settled_at": NOW - A_SECOND, "kind": OpKind.TICKET}, False),
        ({"settled_at": NOW, "kind": OpKind.VOID}, False),
        ({"settled_at": NOW, "state": OpState.REJECTED}, False),
        ({"settled_at": NOW, "state": OpState.VOIDED}, False),
    ],
)
async def test_whatever_was_confirmed_is_looked_up_once_more_tickets_since_the_backup(
    street: Street, facts: dict[str, Any], *, is_audited: bool
):
    await street.change(street.here, "op_confirmed", **facts)
    await street.change(street.there, "op_confirmed", state=OpState.VOIDED)

    recovered = await _recover(street)

    audits = {op_id: op.audit_at for op_id, op in (await street.ops(street.here)).items() if op.audit_at}
    assert audits == ({"op_confirmed": LATER} if is_audited else {})
    assert recovered == Recovered(6, int(is_audited))


async def test_every_organisation_remembers_it_even_one_whose_sending_was_forgotten(street: Street):
    async with street.database.write(None) as session:
        await session.execute(delete(OutboundSender).where(OutboundSender.org_id == street.here))

    await _recover(street)

    senders = await street.senders()
    assert {senders[org].recovered_at for org in (street.here, street.there)} == {LATER}
    async with street.database.read(None) as session:
        assert await suspension(session) == RECOVERING


async def test_what_is_left_in_doubt_is_counted(street: Street):
    async with street.database.write(None) as session:
        counts = [await unreconciled(session)]
    await _recover(street)
    for op_ids, facts in (
        ((), {"revision": 1}),
        (("op_sent",), {"error_code": "OUTCOME_UNKNOWN"}),
        (("op_pending",), {"state": OpState.CONFIRMED}),
        (("op_rejected",), {"audit_at": LATER}),
    ):
        await street.change(street.here, *op_ids, **facts)
        async with street.database.write(None) as session:
            counts.append(await unreconciled(session))

    assert counts == [0, 6, 5, 4, 4]


async def test_once_it_is_let_go_what_is_in_doubt_has_its_turn_and_nothing_else_is_moved(street: Street):
    await _recover(street)
    await street.change(street.here, *STATES, not_before=LATER)
    await street.change(street.here, "op_pending", state=OpState.PENDING)
    await street.change(street.here, "op_unknown", not_before=PARKED)

    async with street.database.write(None) as session:
        await let_go(session, NOW)
        why = await suspension(session)

    here = await street.ops(street.here)
    assert why is None
    assert {op_id: op.not_before for op_id, op in here.items() if op.not_before != LATER} == {
        "op_sent": NOW, "op_unknown": PARKED,
    }  # fmt: skip


async def _recover(street: Street) -> Recovered:
    async with street.database.write(None) as session:
        return await recover(session, NOW, LATER)
