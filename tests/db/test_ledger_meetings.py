"""Two who take ops at the same moment: neither waits for the other, and no two ops of a contract are on their way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.ledger.audits import claim_audits
from db.ledger.claims import Own, claim
from db.ledger.tables import OpKind, OpState
from tests.given import NOW

if TYPE_CHECKING:
    from db.ledger.claims import Claimed
    from tests.db.streets import Street

LEASE = timedelta(minutes=1)
BLOCKED = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


async def test_a_worker_that_finds_an_op_being_taken_takes_the_next_organisations_and_waits_for_nobody(street: Street):
    for org in (street.here, street.there):
        await street.change(org, "op_unknown", state=OpState.VOIDED)

    first, second = await _meet(street, None, None, is_waiting=False)

    assert {each and each.org_id for each in (first, second)} == {street.here, street.there}


async def test_who_finds_an_audit_being_taken_takes_the_next_and_waits_for_nobody(street: Street):
    for org in (street.here, street.there):
        await street.change(org, "op_confirmed", audit_at=NOW)

    async with street.database.write(None) as session:
        first = await claim_audits(session, NOW, NOW + LEASE)
        task = asyncio.create_task(_audit(street))
        if not street.database.is_sqlite:  # its writers are one at a time
            await asyncio.wait_for(asyncio.shield(task), 10)
    second = await task

    assert {op.org_id for ops in (first, second) for op in ops} == {street.here, street.there}


async def test_who_meets_somebody_on_a_contract_tries_another_of_his_own(street: Street):
    await street.change(street.here, "op_pending", "op_unknown", order_key="k1")
    await street.change(street.here, "op_voided", state=OpState.PENDING, order_key="k2")
    own = Own(street.here, ("op_unknown", "op_voided"))

    first, second = await _meet(street, Own(street.here, ("op_pending",)), own, is_waiting=True)

    assert [each and each.id for each in (first, second)] == ["op_pending", "op_voided"]


async def test_a_worker_that_meets_somebody_on_a_contract_hears_of_it(street: Street):
    await street.change(street.here, "op_pending", "op_unknown", order_key="k1")
    await street.change(street.here, "op_unknown", kind=OpKind.VOID)
    await street.change(street.there, "op_pending", "op_unknown", state=OpState.VOIDED)
    meeting = _meet(street, Own(street.here, ("op_pending",)), None, is_waiting=True)

    if street.database.is_sqlite:  # its second writer begins when the first has ended, and sees it
        assert (await meeting)[1] is None
    else:
        with pytest.raises(IntegrityError):
            await meeting


async def _meet(
    street: Street, own: Own | None, of_other: Own | None, *, is_waiting: bool
) -> tuple[Claimed | None, Claimed | None]:
    """Take an op, and before that is committed let another try; on PostgreSQL that one waits for it, or must not."""
    async with street.database.write(None) as session:
        taken = await claim(session, "first", NOW, LEASE, own)
        task = asyncio.create_task(_claim(street, of_other))
        if not street.database.is_sqlite:
            await (_until_blocked(street) if is_waiting else asyncio.wait_for(asyncio.shield(task), 10))
    return taken, await task


async def _until_blocked(street: Street) -> None:
    async with asyncio.timeout(10), street.database.read(None) as session:
        while not await session.scalar(BLOCKED):
            await session.rollback()
            await asyncio.sleep(0.01)


async def _claim(street: Street, own: Own | None) -> Claimed | None:
    async with street.database.write(None) as session:
        return await claim(session, "second", NOW, LEASE, own)


async def _audit(street: Street) -> list[Claimed]:
    async with street.database.write(None) as session:
        return await claim_audits(session, NOW, NOW + LEASE)
