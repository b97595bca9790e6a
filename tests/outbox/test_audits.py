"""The audit of what was sent twice, doubts that grow old, and a commit nobody could answer for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.audits import claim_audits, close_audit
from db.ledger.settlements import look_again, void
from db.ledger.tables import AttemptKind, Attention, OpState
from resolvers.outbox.audits import audit
from resolvers.outbox.turns import Turn
from tests.kinds import NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.stage import HASTY, Hands

if TYPE_CHECKING:
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}
LOOKUP = {"method": "GET", "path": "/api/time-entries"}


async def test_what_was_sent_once_is_not_audited(stage: Stage):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.settle(outbox := stage.outbox(clock=hands))

    hands.move(HASTY.quarantine + 0.1)

    assert not await audit(outbox)


@only("A", "B", because=NO_LOOKUP)
async def test_what_was_sent_twice_is_looked_up_once_more_after_the_quarantine(stage: Stage):
    hands = Hands()
    outbox = await _sent_twice(stage, hands)

    too_early = await audit(outbox)
    hands.move(HASTY.quarantine + 0.1)
    in_time, again = await audit(outbox), await audit(outbox)

    assert (too_early, in_time, again) == (False, True, False)
    assert [each.kind for each in await stage.attempts()][-1] is AttemptKind.LOOKUP
    assert (await stage.op()).needs_attention is None


@only("A", "B", because=NO_LOOKUP)
async def test_a_frozen_workers_late_twin_is_found_by_the_audit_and_shown(stage: Stage):
    hands = Hands()
    outbox = await _sent_twice(stage, hands)
    await _record_a_twin(stage)

    hands.move(HASTY.quarantine + 0.1)
    await audit(outbox)

    op = await stage.op()
    assert (op.state, op.needs_attention, op.audit_at) == (OpState.CONFIRMED, Attention.DUPLICATE_IN_PSA, None)


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize("is_seen_first", [True, False])
async def test_what_is_taken_back_is_not_missing_whether_the_audit_ends_before_the_void_or_after(
    stage: Stage,
    is_seen_first: bool,  # noqa: FBT001 - pytest passes it by name
):
    hands = Hands()
    await _sent_twice(stage, hands)
    org, op_id = stage.place.org, (await stage.op()).id
    hands.move(HASTY.quarantine + 0.1)

    async with stage.database.write(org) as session:
        (audited,) = await claim_audits(session, hands.at, hands.at + timedelta(minutes=1))
        if is_seen_first:
            await close_audit(session, audited, [], Attention.MISSING_IN_PSA)
        await void(session, org, op_id)
        if not is_seen_first:
            await close_audit(session, audited, [], Attention.MISSING_IN_PSA)

    op = await stage.op()
    assert (op.state, op.needs_attention, op.audit_at) == (OpState.VOIDED, None, None)


@only("A", "B", because=NO_LOOKUP)
async def test_an_audit_without_an_answer_is_due_again(stage: Stage):
    hands = Hands()
    outbox = await _sent_twice(stage, hands)
    await stage.sandbox.faults({"do": "status", "status": 500, "match": LOOKUP, "times": 2})

    hands.move(HASTY.quarantine + 0.1)
    unanswered = await audit(outbox)
    hands.move(HASTY.lease + HASTY.max_backoff + 0.1)
    answered = await audit(outbox)

    assert (unanswered, answered) == (True, True)
    assert (await stage.op()).audit_at is None


@only("A", "B", because=NO_LOOKUP)
async def test_a_doubt_that_is_a_day_old_is_looked_up_slowly_and_sent_only_when_a_person_asks(stage: Stage):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.sandbox.faults({"do": "drop_before_commit", "match": POST, "times": 1})
    outbox = stage.outbox(clock=hands)
    await outbox.turn()

    hands.move(24 * 3600 + 1)
    await outbox.turn()
    old = await stage.op()
    hands.move(HASTY.slow_lookup - 1)
    too_early = await outbox.turn()
    hands.move(2)
    looked = await outbox.turn()
    sends = len(await stage.calls("POST"))
    await _look_again(stage, hands)
    await outbox.turn()

    assert (old.state, old.needs_attention) == (OpState.UNKNOWN, Attention.UNSETTLED_FOR_A_DAY)
    assert (too_early, looked, sends) == (False, True, 1)
    assert await stage.states() == ["CONFIRMED"]
    assert await flaws(stage) == []


@pytest.mark.parametrize("is_kept", [True, False])
async def test_p7_a_commit_nobody_answered_for_is_read_back(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    is_kept: bool,  # noqa: FBT001 - pytest passes it by name
):
    await stage.export(await stage.entries(1))
    write, broken = Turn._write, [True]

    async def cut_off(turn: Turn, verdict: Any, **_: Any) -> None:
        if is_kept or not broken:
            await write(turn, verdict)
        if broken:
            broken.pop()
            raise ConnectionResetError

    monkeypatch.setattr(Turn, "_write", cut_off)
    await stage.outbox().turn()

    assert await stage.states() == ["CONFIRMED"]
    assert [each.outcome for each in await stage.attempts()] == ["DONE"]
    assert len(await stage.calls("POST")) == 1


async def _sent_twice(stage: Stage, hands: Hands) -> Any:
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.sandbox.faults({"do": "drop_before_commit", "match": POST, "times": 1})
    outbox = stage.outbox(clock=hands)
    await outbox.turn()
    hands.move(HASTY.quarantine + 0.2)
    await outbox.turn()
    assert await stage.states() == ["CONFIRMED"]
    return outbox


async def _record_a_twin(stage: Stage) -> None:
    (kept,) = await stage.kept()
    twin = {name: kept[name] for name in ("externalRef", "contractId", "date", "hours", "amount", "note", "userId")}
    await stage.sandbox.control(
        "POST", "seed", {"tenant": {"id": stage.place.org}, "timeEntries": [twin | {"id": "twin"}]}
    )


async def _look_again(stage: Stage, hands: Hands) -> None:
    async with stage.database.write(stage.place.org) as session:
        await look_again(session, stage.place.org, [(await stage.op()).id], hands.at)
