"""What is due, in one look: somebody's stalled op, an audit, an op whose time has come; and what is none of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.claims import rest
from db.ledger.dues import Dues, dues
from db.ledger.tables import OpKind
from tests.db.streets import STATES
from tests.given import NOW

if TYPE_CHECKING:
    from tests.db.streets import Street

A_SECOND = timedelta(seconds=1)
NOTHING, STALLED = Dues(False, False, False), Dues(True, False, False)
AUDIT, READY = Dues(False, True, False), Dues(False, False, True)


@pytest.mark.parametrize(
    ("op_id", "facts", "said"),
    [
        ("op_sent", {"lease_until": None}, NOTHING),
        ("op_sent", {"lease_until": NOW}, NOTHING),
        ("op_sent", {"lease_until": NOW - A_SECOND}, STALLED),
        ("op_confirmed", {"lease_until": NOW - A_SECOND}, NOTHING),
        ("op_confirmed", {"audit_at": NOW}, AUDIT),
        ("op_confirmed", {"audit_at": NOW + A_SECOND}, NOTHING),
        ("op_confirmed", {"audit_at": NOW, "kind": OpKind.VOID}, NOTHING),
        ("op_unknown", {"audit_at": NOW}, NOTHING),
        ("op_pending", {"not_before": NOW}, READY),
        ("op_unknown", {"not_before": NOW}, READY),
        ("op_sent", {"not_before": NOW}, NOTHING),
        ("op_rejected", {"not_before": NOW}, NOTHING),
    ],
)
async def test_one_look_tells_what_is_due(street: Street, op_id: str, facts: dict[str, Any], said: Dues):
    await _still(street)
    await street.change(street.here, op_id, **facts)

    assert await _dues(street) == said


async def test_of_an_organisation_that_rests_nothing_is_audited_or_sent_until_it_wakes_whoever_else_is_awake(
    street: Street,
):
    await _still(street)
    await street.change(street.here, "op_pending", not_before=NOW)
    await street.change(street.here, "op_confirmed", audit_at=NOW)
    async with street.database.write(None) as session:
        await rest(session, street.here, NOW + A_SECOND)

    assert await _dues(street) == NOTHING
    async with street.database.read(None) as session:
        assert await dues(session, NOW + A_SECOND) == Dues(False, True, True)


async def _still(street: Street) -> None:
    for org in (street.here, street.there):
        await street.change(org, *STATES, not_before=NOW + timedelta(hours=1))


async def _dues(street: Street) -> Dues:
    async with street.database.read(None) as session:
        return await dues(session, NOW)
