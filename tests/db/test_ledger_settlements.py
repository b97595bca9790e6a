"""What becomes of an op: markers, settlements, fences and the edges of reliability 3.1."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from db.ledger.claims import Claimed, Own, claim, rest, sweep
from db.ledger.intents import Intent, enqueue
from db.ledger.reads import outstanding, waiting
from db.ledger.settlements import PARKED, Attempt, Outcome, look_again, mark_sent, settle, settle_as_seen, void
from db.ledger.tables import AttemptKind, Attention, OpKind, OpState, OutboundAttempt, OutboundOp
from resolvers.outbox.settings import OutboxSettings
from tests import given
from tests.given import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database

LEASE = timedelta(seconds=60)
SEND = Attempt(AttemptKind.SEND, NOW, NOW, "DONE", 201, "req-1", "remote-1")
LOOKUP = Attempt(AttemptKind.LOOKUP, NOW, NOW, "FOUND", 200, "req-2", "remote-1")
CONFIRMED = Outcome(OpState.CONFIRMED, remote_id="remote-1")
IN_DOUBT = Outcome(OpState.UNKNOWN, error_code="OUTCOME_UNKNOWN")


@pytest.fixture
async def claimed(database: Database) -> AsyncIterator[Claimed]:
    """Give an op in somebody's hands, the only one of its organisation."""
    organization = given.organization()
    await given.stored(database, organization)
    org = organization.org_id
    async with database.write(org) as session:
        await enqueue(session, [Intent(OpKind.TIME, "s1", 1, {"hours": "1.00"}, "k1")], NOW)
    async with database.write(None) as session:
        taken = await claim(session, "me", NOW, LEASE)
    assert taken is not None
    yield taken
    async with database.write(None) as session:
        await rest(session, org, PARKED)
        await session.execute(update(OutboundOp).where(OutboundOp.org_id == org).values(state=OpState.VOIDED))


async def test_the_marker_keeps_the_first_and_the_last_moment_of_sending(database: Database, claimed: Claimed):
    marked = await _mark(database, claimed, NOW)

    op = await _op(database, claimed)
    assert marked
    assert (op.first_sent_at, op.last_sent_at, op.state) == (NOW, NOW, OpState.SENT)


async def test_a_settled_op_keeps_what_happened_and_every_attempt(database: Database, claimed: Claimed):
    ours = await _settle(database, claimed, CONFIRMED, SEND)

    op, (attempt,) = await _op(database, claimed), await _attempts(database, claimed)
    assert ours
    assert (op.state, op.remote_id, op.settled_at, op.owner) == (OpState.CONFIRMED, "remote-1", NOW, None)
    assert (attempt.epoch, attempt.http_status, attempt.psa_request_id, attempt.remote_id) == (
        1, 201, "req-1", "remote-1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "is_final", "is_in_doubt"),
    [
        (OpState.CONFIRMED, True, False),
        (OpState.REJECTED, True, False),
        (OpState.PENDING, False, False),
        (OpState.UNKNOWN, False, True),
    ],
)
async def test_every_end_of_a_turn_lets_the_op_go_counts_and_says_since_when(
    database: Database, claimed: Claimed, state: OpState, *, is_final: bool, is_in_doubt: bool
):
    await _settle(database, claimed, Outcome(state), now=NOW + LEASE)

    op = await _op(database, claimed)
    assert (op.state, op.owner, op.lease_until, op.not_before) == (state, None, None, NOW + LEASE)
    assert (op.attempts, op.settled_at) == (1, NOW + LEASE if is_final else None)
    assert op.doubt_since == (NOW + LEASE if is_in_doubt else None)


async def test_a_doubt_that_stays_began_when_it_began(database: Database, claimed: Claimed):
    await _mark(database, claimed, NOW)
    heir = await _taken_over(database, claimed)

    await _settle(database, heir, IN_DOUBT, now=NOW + LEASE * 3)

    assert (await _op(database, claimed)).doubt_since == NOW


@pytest.mark.parametrize(("attempt", "is_audited"), [(SEND, True), (LOOKUP, False)])
async def test_a_fenced_owner_that_sent_has_the_op_audited_and_one_that_only_looked_has_not(
    database: Database, claimed: Claimed, attempt: Attempt, *, is_audited: bool
):
    await _taken_over(database, claimed)

    async with database.write(claimed.org_id) as session:
        await settle(session, claimed, CONFIRMED, [attempt], NOW, audit_at=NOW + LEASE)

    assert (await _op(database, claimed)).audit_at == (NOW + LEASE if is_audited else None)


async def test_a_turn_that_ended_in_time_needs_no_audit_though_it_sent(database: Database, claimed: Claimed):
    async with database.write(claimed.org_id) as session:
        await settle(session, claimed, CONFIRMED, [SEND], NOW, audit_at=NOW + LEASE)

    assert (await _op(database, claimed)).audit_at is None


async def test_a_fenced_owner_changes_nothing_and_leaves_its_attempt_as_evidence(database: Database, claimed: Claimed):
    heir = await _taken_over(database, claimed)

    marked = await _mark(database, claimed, NOW)
    ours = await _settle(database, claimed, CONFIRMED, SEND)

    op = await _op(database, claimed)
    assert (marked, ours) == (False, False)
    assert (op.state, op.epoch, op.remote_id, op.last_sent_at) == (OpState.SENT, heir.epoch, None, None)
    assert [attempt.remote_id for attempt in await _attempts(database, claimed)] == ["remote-1"]


async def test_an_op_is_settled_once(database: Database, claimed: Claimed):
    await _settle(database, claimed, CONFIRMED)

    again = await _settle(database, claimed, Outcome(OpState.REJECTED, error_code="PSA_REJECTED"))

    assert not again
    assert (await _op(database, claimed)).state is OpState.CONFIRMED


@pytest.mark.parametrize("state", [OpState.SENT, OpState.VOIDED])
async def test_no_edge_leads_from_sent_to_sent_or_to_voided(database: Database, claimed: Claimed, state: OpState):
    with pytest.raises(ValueError, match="no edge"):
        await _settle(database, claimed, Outcome(state))

    assert (await _op(database, claimed)).state is OpState.SENT


async def test_an_attempt_that_surely_changed_nothing_takes_its_marker_back(database: Database, claimed: Claimed):
    await _mark(database, claimed, NOW)
    await _settle(database, claimed, Outcome(OpState.PENDING, never_left=True, counts=False))

    op = await _op(database, claimed)
    assert (op.state, op.first_sent_at, op.last_sent_at, op.attempts) == (OpState.PENDING, None, None, 0)


async def test_an_earlier_doubt_survives_an_attempt_that_changed_nothing(database: Database, claimed: Claimed):
    await _mark(database, claimed, NOW)
    heir = await _taken_over(database, claimed)
    await _mark(database, heir, NOW + LEASE * 2)
    await _settle(database, heir, Outcome(OpState.UNKNOWN, never_left=True))

    op = await _op(database, claimed)
    assert (op.first_sent_at, op.last_sent_at) == (NOW, NOW)


@pytest.mark.parametrize(("hours", "attention"), [(23, None), (24, Attention.UNSETTLED_FOR_A_DAY)])
async def test_a_doubt_that_is_a_day_old_is_shown_to_a_person(
    database: Database, claimed: Claimed, hours: int, attention: Attention | None
):
    await _mark(database, claimed, NOW)
    heir = await _taken_over(database, claimed)

    await _settle(database, heir, IN_DOUBT, now=NOW + timedelta(hours=hours))

    assert (await _op(database, claimed)).needs_attention == attention


async def test_a_doubt_that_is_settled_needs_nobodys_attention_any_more(database: Database, claimed: Claimed):
    parked = Outcome(OpState.UNKNOWN, PARKED, needs_attention=Attention.REMOTE_MISMATCH, error_message="Other hours")
    await _settle(database, claimed, parked)
    async with database.write(claimed.org_id) as session:
        await look_again(session, claimed.org_id, [claimed.id], NOW)
    async with database.write(None) as session:
        again = await claim(session, "me", NOW, LEASE)
    assert again is not None

    await _settle(database, again, CONFIRMED)

    op = await _op(database, claimed)
    assert (op.state, op.needs_attention, op.error_message) == (OpState.CONFIRMED, None, None)


async def test_only_a_confirmed_op_can_be_voided(database: Database, claimed: Claimed):
    async with database.write(claimed.org_id) as session:
        too_early = await void(session, claimed.org_id, claimed.id)
    await _settle(database, claimed, CONFIRMED)
    async with database.write(claimed.org_id) as session:
        voided = await void(session, claimed.org_id, claimed.id)

    op = await _op(database, claimed)
    assert (too_early, voided) == (False, True)
    assert (op.state, op.remote_id) == (OpState.VOIDED, "remote-1")


async def test_outstanding_is_what_flies_or_is_due_in_time(database: Database, claimed: Claimed):
    async def is_outstanding() -> bool:
        async with database.read(claimed.org_id) as session:
            return await outstanding(session, Own(claimed.org_id, [claimed.id]), NOW + LEASE)

    flying = await is_outstanding()
    await _settle(database, claimed, Outcome(OpState.PENDING, NOW + LEASE / 2))
    due = await is_outstanding()
    async with database.write(None) as session:
        await session.execute(update(OutboundOp).where(OutboundOp.id == claimed.id).values(not_before=NOW + LEASE * 2))
        number = await waiting(session, claimed.org_id)

    assert (flying, due, await is_outstanding(), number) == (True, True, False, 1)


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [(1, 1.0, 2), (2, 1.0, 4), (5, 0.5, 16), (9, 1.0, 300), (10_000, 1.0, 300), (3, 0.0, 0)],
)
def test_waits_double_up_to_five_minutes_and_are_spread_by_chance(attempts: int, chance: float, seconds: float):
    assert OutboxSettings().backoff(attempts, chance) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("facts", "is_settled"),
    [
        ({"state": OpState.UNKNOWN, "needs_attention": Attention.CANNOT_BE_LOOKED_UP}, True),
        ({"state": OpState.UNKNOWN, "needs_attention": Attention.REMOTE_MISMATCH}, True),
        ({"state": OpState.UNKNOWN, "needs_attention": Attention.UNSETTLED_FOR_A_DAY}, False),
        ({"state": OpState.UNKNOWN, "needs_attention": None}, False),
        ({"state": OpState.SENT, "needs_attention": Attention.REMOTE_MISMATCH}, False),
        ({"state": OpState.CONFIRMED, "needs_attention": Attention.REMOTE_MISMATCH}, False),
    ],
)
@pytest.mark.parametrize("remote_id", ["remote-9", None])
async def test_what_a_person_saw_settles_what_no_lookup_can_and_nothing_else(
    database: Database, claimed: Claimed, facts: dict[str, Any], remote_id: str | None, *, is_settled: bool
):
    was = {
        "audit_at": NOW,
        "doubt_since": NOW,
        "not_before": PARKED,
        "error_code": "OUTCOME_UNKNOWN",
        "settled_at": None,
    }
    async with database.write(claimed.org_id) as session:
        await session.execute(update(OutboundOp).values(was | facts))
        done = await settle_as_seen(session, claimed.org_id, claimed.id, remote_id, NOW)

    async with database.read(claimed.org_id) as session:
        op = (await session.scalars(select(OutboundOp))).one()
    assert done is is_settled
    said = (op.state, op.remote_id, op.settled_at, op.needs_attention, op.audit_at, op.doubt_since, op.not_before)
    if not is_settled:
        assert (said[0], *said[2:]) == (facts["state"], None, facts["needs_attention"], NOW, NOW, PARKED)
    elif remote_id:
        assert (*said, op.error_code) == (OpState.CONFIRMED, "remote-9", NOW, None, None, None, NOW, None)
    else:
        assert (*said, op.error_code) == (OpState.REJECTED, None, NOW, None, None, None, NOW, "NOT_IN_PSA")


async def _taken_over(database: Database, claimed: Claimed) -> Claimed:
    later = claimed.lease_until + LEASE
    async with database.write(None) as session:
        await sweep(session, later)
        heir = await claim(session, "heir", later, LEASE)
    assert heir is not None
    assert heir.id == claimed.id
    return heir


async def _mark(database: Database, claimed: Claimed, now: Any) -> bool:
    async with database.write(claimed.org_id) as session:
        return await mark_sent(session, claimed, now)


async def _settle(database: Database, claimed: Claimed, outcome: Outcome, *attempts: Attempt, now: Any = NOW) -> bool:
    async with database.write(claimed.org_id) as session:
        return await settle(session, claimed, outcome, attempts, now)


async def _op(database: Database, claimed: Claimed) -> OutboundOp:
    async with database.read(claimed.org_id) as session:
        return await session.get_one(OutboundOp, (claimed.org_id, claimed.id))


async def _attempts(database: Database, claimed: Claimed) -> list[OutboundAttempt]:
    async with database.read(claimed.org_id) as session:
        found = await session.scalars(select(OutboundAttempt).where(OutboundAttempt.op_id == claimed.id))
        return list(found)
