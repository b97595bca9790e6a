"""A turn that dies or freezes at each point of reliability 3.5, and the variants that must be seen to fail."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.ledger.claims import claim
from db.ledger.tables import AttemptKind, OpKind, OpState
from resolvers.outbox import errands, turns
from resolvers.outbox.errands import Errand
from resolvers.outbox.settings import OutboxSettings
from resolvers.outbox.turns import Turn
from tests.kinds import ENDS, FORGIVES, NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.stage import HASTY, Hands

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.ledger.claims import Claimed
    from resolvers.outbox.outboxes import Outbox
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}
LOOKUP = {"method": "GET", "path": "/api/time-entries"}


class Killed(BaseException):
    """The process ends here: nothing that follows is run."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the next turn die at a fail point, once."""

    def script(place: str) -> None:
        places = [place]

        def reached(passed: str) -> None:
            if passed in places:
                places.remove(passed)
                raise Killed

        monkeypatch.setattr(turns, "reached", reached)

    return script


async def test_p0_a_request_that_dies_before_its_commit_leaves_nothing(stage: Stage):
    entries = await stage.entries(1)

    async def die_at_the_end() -> None:
        async with stage.database.write(stage.place.org) as session:
            await stage.export_in(session, entries, key="k")
            raise Killed

    with pytest.raises(Killed):
        await die_at_the_end()
    again = await stage.export(entries, key="k")

    assert not again.replayed
    assert len(await stage.ops()) == 1


async def test_p1_a_client_that_heard_nothing_gets_the_same_batch_and_the_worker_sends(stage: Stage):
    entries = await stage.entries(2)
    first = await stage.export(entries, key="k")

    again = await stage.export(entries, key="k")
    await stage.settle(stage.outbox())

    assert again.replayed
    assert again.batch is not None
    assert first.batch is not None
    assert again.batch.id == first.batch.id
    assert again.op_ids == first.op_ids
    assert len(await stage.kept()) == 2


@pytest.mark.parametrize("place", ["export.claimed", "export.marked", "export.answered"])
async def test_p2_p3_p6_whoever_finds_the_line_brings_it_home_once(
    stage: Stage, kill_at: Callable[[str], None], place: str
):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    kill_at(place)
    with pytest.raises(Killed):
        await stage.outbox(clock=hands).turn()
    hands.move(HASTY.lease + 0.1)

    heir = stage.outbox(clock=hands)
    swept = await heir.sweep()
    await heir.turn()

    assert swept == 1
    assert set(await stage.states()) <= ENDS
    assert 1 - await stage.parked() <= len(await stage.calls("POST")) <= 1
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
async def test_p3_a_marked_line_is_not_sent_again_before_the_quarantine_is_over(
    stage: Stage, kill_at: Callable[[str], None]
):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    kill_at("export.marked")
    patient = OutboxSettings(lease=1.5, total_timeout=0.6, deadline_margin=0.1, quarantine=120)
    with pytest.raises(Killed):
        await stage.outbox(patient, clock=hands).turn()

    heir = stage.outbox(patient, clock=hands)
    hands.move(2)
    await heir.sweep()
    looked = await heir.turn()
    hands.move(117)
    too_early = await heir.turn()
    hands.move(2)
    in_time = await heir.turn()

    assert (looked, too_early, in_time) == (True, False, True)
    kinds = [(each.kind, each.outcome) for each in await stage.attempts()]
    assert kinds == [(AttemptKind.LOOKUP, "ABSENT"), (AttemptKind.LOOKUP, "ABSENT"), (AttemptKind.SEND, "DONE")]


@only("A", "B", because=NO_LOOKUP)
async def test_p8_a_worker_that_stalled_cannot_settle_what_another_took_over(stage: Stage):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.sandbox.faults({"do": "delay", "ms": 300, "when": "after", "match": POST, "times": 1})
    stalled, heir = stage.outbox(clock=hands), stage.outbox(clock=hands)
    sending = asyncio.create_task(stalled.turn())
    await asyncio.sleep(0.15)

    hands.move(HASTY.lease + 0.1)
    swept = await heir.sweep()
    await sending
    fenced = await stage.op()
    await stage.settle(heir)

    assert swept == 1
    assert (fenced.state, fenced.remote_id) == (OpState.UNKNOWN, None)
    late, lookup = await stage.attempts()
    assert (late.kind, late.outcome, late.remote_id) == (AttemptKind.SEND, "DONE", lookup.remote_id)
    assert len(await stage.calls("POST")) == 1
    assert await flaws(stage) == []


async def test_p8_a_worker_whose_lease_was_taken_before_the_marker_sends_nothing(stage: Stage):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    outbox = stage.outbox(clock=hands)
    frozen = await _claimed(stage, outbox, hands)

    hands.move(HASTY.lease + 0.1)
    await outbox.sweep()
    await Turn(outbox, frozen, hands.at).run()

    assert await stage.calls("POST") == []
    assert await stage.attempts() == []


async def test_a_worker_that_thaws_with_too_little_lease_left_sends_nothing(stage: Stage):
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    outbox = stage.outbox(clock=hands)
    frozen = await _claimed(stage, outbox, hands)

    await Turn(outbox, frozen, frozen.lease_until - timedelta(seconds=HASTY.total_timeout)).run()

    op = await stage.op()
    assert (op.state, op.error_code, op.last_sent_at) == (OpState.PENDING, "PSA_UNREACHABLE", None)
    assert await stage.calls("POST") == []


async def test_p9_a_batch_that_was_interrupted_keeps_what_it_had(stage: Stage, kill_at: Callable[[str], None]):
    hands = Hands()
    await stage.export(await stage.entries(3), now=hands.at)
    kill_at("export.settled")
    with pytest.raises(Killed):
        await stage.outbox(clock=hands).turn()

    between = await stage.states()
    await stage.settle(stage.outbox(clock=hands))

    assert between == ["CONFIRMED", "PENDING", "PENDING"]
    assert len(await stage.calls("POST")) == 3
    assert await flaws(stage) == []


@only("B", "C", because=FORGIVES)
async def test_negative_control_without_lookup_an_unheard_answer_makes_a_duplicate(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    time = errands.ERRANDS[OpKind.TIME]
    monkeypatch.setitem(errands.ERRANDS, OpKind.TIME, Errand(time.send, time.finish, look_up=None))
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "drop_after_commit", "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    assert len(await stage.kept()) == 2
    assert any("2 times" in flaw for flaw in await flaws(stage))


@only("B", because=f"{FORGIVES}; {NO_LOOKUP}")
async def test_negative_control_with_too_short_a_quarantine_a_late_commit_makes_a_duplicate(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "delay", "ms": 3000, "match": POST, "times": 1})
    reckless = OutboxSettings(
        lease=1.5, total_timeout=0.6, deadline_margin=0.1, quarantine=0, base_backoff=0.01, max_backoff=0.01
    )

    await stage.settle(stage.outbox(reckless))
    await asyncio.sleep(3.2)

    assert len(await stage.kept()) == 2
    assert any("2 times" in flaw for flaw in await flaws(stage))


async def _claimed(stage: Stage, outbox: Outbox, hands: Hands) -> Claimed:
    async with stage.database.write(None) as session:
        taken = await claim(session, outbox.owner, hands.at, timedelta(seconds=HASTY.lease))
    assert taken is not None
    return taken
