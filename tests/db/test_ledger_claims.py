"""Who may take what, when, and for how long: the ledger's intents, claims and sweeps on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from db.ledger.claims import Own, claim, rest, resume, sweep
from db.ledger.clocks import database_now
from db.ledger.intents import Intent, digest, enqueue, idempotency_key
from db.ledger.settlements import PARKED
from db.ledger.tables import OpKind, OpState, OutboundOp
from tests import given
from tests.given import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from db.ledger.claims import Claimed
    from db.session import Database

LEASE = timedelta(seconds=60)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def org(database: Database) -> AsyncIterator[str]:
    """Give an organisation, and leave nothing of it that another test could claim."""
    organization = given.organization()
    await given.stored(database, organization)
    yield organization.org_id
    await _rest(database, organization.org_id)


async def test_a_reference_names_organisation_subject_and_number_and_the_key_follows_from_it(
    database: Database, org: str
):
    op = await _op(database, org, await _put(database, org, "s1"))

    assert op.external_ref == f"projects:{org}:s1:1"
    assert op.payload_sha256 == digest({"hours": "1.50", "of": "s1"})
    assert op.idempotency_key == idempotency_key(op.external_ref, op.payload_sha256)
    assert (op.state, op.newest, op.attempts, op.epoch) == (OpState.PENDING, True, 0, 0)


def test_equal_payloads_have_one_digest_whatever_the_order_of_their_keys():
    assert digest({"a": 1, "b": "ü"}) == digest({"b": "ü", "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert idempotency_key("ref:1", "x") != idempotency_key("ref:2", "x")


async def test_a_subject_has_one_live_op_and_a_later_one_gets_the_next_number(database: Database, org: str):
    first = await _put(database, org, "s1")
    taken_again = await _put_all(database, org, "s1", "s2")
    await _set(database, org, first, state=OpState.REJECTED)

    second = await _put(database, org, "s1")

    assert list(taken_again) == ["s2"]
    assert (await _op(database, org, second)).external_ref.endswith(":s1:2")
    assert not (await _op(database, org, first)).newest


async def test_of_two_wishes_at_the_same_moment_one_gets_each_subject(database: Database, org: str):
    wishes = [[f"s{number}" for number in range(6)], [f"s{number}" for number in range(8, 2, -1)]]

    won, lost = await asyncio.gather(*(_put_all(database, org, *wish) for wish in wishes))

    assert set(won) | set(lost) == {f"s{number}" for number in range(9)}
    assert set(won) & set(lost) == set()


async def test_a_claim_takes_the_oldest_op_and_marks_whose_it_is(database: Database, org: str):
    first = await _put(database, org, "s1")
    await _put(database, org, "s2", order_key="k2")

    taken = await _claim(database, owner="me")

    assert taken is not None
    assert (taken.id, taken.epoch, taken.attempts, taken.may_be_out_there) == (first, 1, 1, False)
    op = await _op(database, org, first)
    assert (op.state, op.owner, op.lease_until) == (OpState.SENT, "me", NOW + LEASE)


async def test_no_two_ops_of_one_contract_are_in_flight(database: Database, org: str):
    await _put(database, org, "s1", order_key="k1")
    await _put(database, org, "s2", order_key="k1")
    other = await _put(database, org, "s3", order_key="k2")
    await _claim(database)

    second, third = await _claim(database), await _claim(database)

    assert second is not None
    assert (second.id, third) == (other, None)


async def test_the_database_itself_refuses_a_second_op_of_a_contract_in_flight(database: Database, org: str):
    first, second = await _put(database, org, "s1"), await _put(database, org, "s2")
    await _set(database, org, first, state=OpState.SENT)

    with pytest.raises(IntegrityError):
        await _set(database, org, second, state=OpState.SENT)


async def test_eight_claimants_share_the_contracts_out(database: Database, org: str):
    for contract in range(4):
        await _put_all(database, org, *(f"s{contract}-{line}" for line in range(3)), order_key=f"k{contract}")

    taken = await asyncio.gather(*(_claim(database, owner=f"w{number}") for number in range(8)))

    contracts = [each.order_key for each in taken if each]
    assert sorted(contracts) == ["k0", "k1", "k2", "k3"]


@pytest.mark.parametrize(
    "facts",
    [{"not_before": NOW + A_MINUTE}, {"not_before": PARKED}, {"state": OpState.CONFIRMED}, {"state": OpState.REJECTED}],
)
async def test_what_is_not_due_or_is_over_is_left_alone(database: Database, org: str, facts: dict[str, Any]):
    await _set(database, org, await _put(database, org, "s1"), **facts)

    assert await _claim(database) is None


async def test_a_doubtful_op_is_claimed_as_one_that_may_be_out_there(database: Database, org: str):
    op_id = await _put(database, org, "s1")
    await _set(database, org, op_id, state=OpState.UNKNOWN, last_sent_at=NOW - A_MINUTE)

    taken = await _claim(database)

    assert taken is not None
    assert taken.may_be_out_there
    assert taken.last_sent_at == NOW - A_MINUTE


async def test_a_lease_that_is_over_is_swept_and_one_that_runs_is_not(database: Database, org: str):
    await _put(database, org, "s1")
    await _claim(database)

    early, late = await _sweep(database, NOW + LEASE), await _sweep(database, NOW + LEASE + A_MINUTE)
    again = await _claim(database, now=NOW + LEASE + A_MINUTE)

    assert (early, late) == (0, 1)
    assert again is not None
    assert (again.epoch, again.attempts) == (2, 2)


async def test_organisations_take_turns_whatever_the_length_of_their_queues(database: Database, org: str):
    other = given.organization()
    await given.stored(database, other)
    for line in range(4):
        await _put(database, org, f"s{line}", order_key=f"k{line}")
    for line in range(2):
        await _put(database, other.org_id, f"s{line}", order_key=f"k{line}")

    served = [await _claim(database, now=NOW + timedelta(seconds=number)) for number in range(1, 7)]

    orgs = [each.org_id for each in served if each]
    assert orgs[:4] in ([org, other.org_id] * 2, [other.org_id, org] * 2)
    assert orgs[4:] == [org] * 2
    await _rest(database, other.org_id)


async def test_an_organisation_that_rests_is_passed_over_until_it_resumes(database: Database, org: str):
    await _put(database, org, "s1")
    async with database.write(org) as session:
        await rest(session, org, NOW + A_MINUTE)

    resting = await _claim(database)
    async with database.write(org) as session:
        await resume(session, org, NOW)

    assert resting is None
    assert await _claim(database) is not None


async def test_a_request_takes_its_own_ops_and_no_others(database: Database, org: str):
    await _put(database, org, "s1")
    mine = await _put(database, org, "s2", order_key="k2")

    taken = await _claim(database, own=Own(org, (mine,)))
    nothing = await _claim(database, own=Own(org, (mine,)))
    stranger = await _claim(database, own=Own("org_other", (mine,)))

    assert taken is not None
    assert taken.id == mine
    assert (nothing, stranger) == (None, None)


async def test_somebody_who_waits_for_a_ticket_waits_for_no_pause_of_the_exports(database: Database, org: str):
    line = await _put(database, org, "s1")
    ticket = await _put(database, org, "e1", kind=OpKind.TICKET, order_key="task:1")
    async with database.write(org) as session:
        await rest(session, org, NOW + A_MINUTE)

    assert await _claim(database, own=Own(org, (line,))) is None
    assert await _claim(database, own=Own(org, (ticket,))) is not None


async def test_the_ledgers_clock_is_the_databases_own(database: Database, org: str):
    async with database.write(org) as session:
        first = await database_now(session)
        second = await database_now(session)

    assert first.tzinfo is not None
    assert first < second  # of the moment, not of the transaction


async def _put(database: Database, org: str, subject: str, **facts: Any) -> str:
    return (await _put_all(database, org, subject, **facts))[subject]


async def _put_all(
    database: Database, org: str, *subjects: str, kind: OpKind = OpKind.TIME, order_key: str = "k1"
) -> dict[str, str]:
    intents = [Intent(kind, subject, 1, {"hours": "1.50", "of": subject}, order_key) for subject in subjects]
    async with database.write(org) as session:
        return await enqueue(session, intents, NOW)


async def _claim(database: Database, owner: str = "me", now: Any = NOW, own: Own | None = None) -> Claimed | None:
    async with database.write(None) as session:
        return await claim(session, owner, now, LEASE, own)


async def _sweep(database: Database, now: Any) -> int:
    async with database.write(None) as session:
        return await sweep(session, now)


async def _set(database: Database, org: str, op_id: str, **facts: Any) -> None:
    async with database.write(org) as session:
        await session.execute(update(OutboundOp).where(OutboundOp.id == op_id).values(**facts))


async def _op(database: Database, org: str, op_id: str) -> OutboundOp:
    async with database.read(org) as session:
        return await session.get_one(OutboundOp, (org, op_id))


async def _rest(database: Database, org: str) -> None:
    async with database.write(None) as session:
        await rest(session, org, PARKED)
        gone: Sequence[OpState] = (OpState.PENDING, OpState.SENT, OpState.UNKNOWN)
        await session.execute(
            update(OutboundOp).where(OutboundOp.org_id == org, OutboundOp.state.in_(gone)).values(state=OpState.VOIDED)
        )
