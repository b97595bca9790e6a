"""One line at a time: what each answer of the PSA makes of it (reliability 3.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.connections.tables import CheckResult, PsaConnection
from db.ledger.tables import AttemptKind, Attention, OpState
from psa.connections import PsaCredentials
from psa.port import NewTime
from tests import given
from tests.kinds import FORGIVES, NO_LOOKUP, only
from tests.outbox.checks import flaws
from tests.outbox.stage import HASTY

if TYPE_CHECKING:
    from psa.port import Psa
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}
LOOKUP = {"method": "GET", "path": "/api/time-entries"}
COMMITTED_UNHEARD: list[dict[str, Any]] = [
    {"do": "drop_after_commit"},
    {"do": "status", "status": 500, "when": "after"},
    {"do": "status", "status": 503, "when": "after"},
    {"do": "delay", "ms": 600, "when": "after"},
    *({"do": "garbage", "kind": kind} for kind in ("html", "truncated", "no_id")),
]
NOT_COMMITTED: list[dict[str, Any]] = [
    {"do": "drop_before_commit"},
    {"do": "refuse"},
    {"do": "status", "status": 500},
    {"do": "status", "status": 502},
]


def named(rule: dict[str, Any]) -> str:
    return "_".join(str(value) for value in rule.values())


async def test_an_entry_is_sent_once_and_confirmed_with_the_psas_id(stage: Stage):
    await stage.export(await stage.entries(1))

    await stage.settle(stage.outbox())

    op, (kept,) = await stage.op(), await stage.kept()
    assert (op.state, op.remote_id, op.needs_attention) == (OpState.CONFIRMED, kept["id"], None)
    assert len(await stage.calls("POST")) == 1
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize("fault", COMMITTED_UNHEARD, ids=named)
async def test_an_answer_that_was_lost_is_found_by_lookup_and_never_sent_again(stage: Stage, fault: dict[str, Any]):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults(fault | {"match": POST, "times": 1})
    outbox = stage.outbox()

    await outbox.turn()
    in_doubt = await stage.op()
    await stage.settle(outbox)

    assert (in_doubt.state, in_doubt.error_code) == (OpState.UNKNOWN, "OUTCOME_UNKNOWN")
    assert await stage.states() == ["CONFIRMED"]
    assert len(await stage.calls("POST")) == 1
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
@pytest.mark.parametrize("fault", NOT_COMMITTED, ids=named)
async def test_what_did_not_arrive_is_sent_again_only_after_the_quarantine(stage: Stage, fault: dict[str, Any]):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults(fault | {"match": POST, "times": 1})

    await stage.settle(stage.outbox())

    first, second = await stage.calls("POST")
    lookups = [each for each in await stage.attempts() if each.kind is AttemptKind.LOOKUP]
    marked_at = (await stage.op()).first_sent_at
    assert marked_at is not None
    assert second["receivedAt"] - marked_at.timestamp() >= HASTY.quarantine
    assert [each.outcome for each in lookups] == ["ABSENT", "ABSENT"]
    assert first["externalRef"] == second["externalRef"]
    assert first["idempotencyKey"] == second["idempotencyKey"]
    assert await stage.states() == ["CONFIRMED"]
    assert await flaws(stage) == []


async def test_a_commit_that_comes_after_our_patience_ended_is_found(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "delay", "ms": 700, "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    assert len(await stage.calls("POST")) == 1
    assert await flaws(stage) == []


async def test_a_refused_entry_says_why_and_is_not_sent_again(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "status", "status": 422, "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    op = await stage.op()
    assert (op.state, op.error_code, op.remote_id) == (OpState.REJECTED, "PSA_REJECTED", None)
    assert await stage.kept() == []
    assert len(await stage.calls("POST")) == 1


@only("A", "B", because=NO_LOOKUP)
async def test_a_refusal_after_a_doubt_is_believed_only_when_the_lookup_agrees(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults(
        {"do": "drop_after_commit", "match": POST, "times": 1},
        {"do": "status", "status": 422, "match": POST, "times": 1},
        {"do": "pass", "match": LOOKUP, "times": 1},  # the probe
        {"do": "list_lag", "ms": 60_000, "match": LOOKUP, "times": 2},
    )

    await stage.settle(stage.outbox())

    assert len(await stage.calls("POST")) == 2
    assert await stage.states() == ["CONFIRMED"]
    assert await flaws(stage) == []


@only("A", "B", because=NO_LOOKUP)
async def test_a_psa_that_knows_the_reference_already_is_asked_for_it(stage: Stage):
    await stage.sandbox.settings(dedupe=True)
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults(
        {"do": "drop_after_commit", "match": POST, "times": 1},
        {"do": "pass", "match": LOOKUP, "times": 1},  # the probe
        {"do": "list_lag", "ms": 60_000, "match": LOOKUP, "times": 2},
    )

    await stage.settle(stage.outbox())

    assert [call["status"] for call in await stage.calls("POST")] == [None, 409]
    assert await stage.states() == ["CONFIRMED"]
    assert await flaws(stage) == []
    await stage.sandbox.settings(dedupe=False)


async def test_an_unreachable_psa_leaves_no_doubt(stage: Stage):
    await stage.export(await stage.entries(1))
    outbox = stage.outbox()
    nowhere = PsaCredentials(stage.place.org, "http://127.0.0.1:1", "key")
    outbox.psa_for = lambda org: _answer(stage.roads.psa_for(org, nowhere))

    await outbox.turn()

    op = await stage.op()
    assert (op.state, op.error_code, op.last_sent_at) == (OpState.PENDING, "PSA_UNREACHABLE", None)


async def test_a_key_that_is_not_taken_lets_the_organisation_rest_until_it_is_changed(stage: Stage):
    await stage.export(await stage.entries(2))
    await stage.sandbox.faults({"do": "status", "status": 401, "match": POST, "times": 1})
    patient = stage.outbox(replace(HASTY, max_backoff=3600.0))

    tried = [await patient.turn(), await patient.turn()]
    resting = await stage.ops()
    await patient.connection_changed(stage.place.org)
    again = await patient.turn()

    assert tried == [True, False]
    assert [(op.state, op.last_sent_at) for op in resting] == [(OpState.PENDING, None)] * 2
    assert [op.error_code for op in resting] == ["PSA_BAD_CREDENTIALS", None]
    assert again
    assert len(await stage.kept()) == 1


async def test_a_key_that_was_replaced_while_its_call_was_under_way_holds_nothing_up(stage: Stage):
    await stage.export(await stage.entries(1))
    old = stage.roads.psa_for(stage.place.org, stage.sandbox.credentials(stage.place.org, "a-key-of-yesterday"))
    outbox, keys = stage.outbox(replace(HASTY, max_backoff=3600.0)), [old]

    async def psa_for(org_id: str) -> Psa:
        return keys.pop() if keys else await stage.psa_for(org_id)

    outbox.psa_for = psa_for
    first = await outbox.turn()
    between = await stage.op()
    second = await outbox.turn()

    assert (first, second) == (True, True)
    assert (between.state, between.error_code, between.attempts) == (OpState.PENDING, None, 0)
    assert await stage.states() == ["CONFIRMED"]
    assert len(await stage.kept()) == 1


async def test_a_key_that_is_not_taken_shows_on_the_connection(stage: Stage):
    org = stage.place.org
    sealed = {"key_sealed": "sealed", "key_hash": org, "key_last_four": "abcd", "key_updated_at": datetime.now(UTC)}
    await given.stored(
        stage.database, PsaConnection(org_id=org, tenant_id=org, api_url=stage.sandbox.base_url, **sealed)
    )
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "status", "status": 403, "match": POST, "times": 1})

    await stage.outbox().turn()

    async with stage.database.read(org) as session:
        connection = await session.get_one(PsaConnection, org)
    assert connection.last_check_result == CheckResult.BAD_CREDENTIALS


async def test_a_pause_the_psa_asks_for_holds_all_lines_and_needs_no_quarantine(stage: Stage):
    await stage.export(await stage.entries(3))
    await stage.sandbox.faults({"do": "rate_limit", "retryAfter": 1, "match": POST, "skip": 1, "times": 1})
    outbox = stage.outbox(replace(HASTY, max_backoff=300.0, quarantine=3600.0))

    during = [await outbox.turn() for _ in range(3)]
    paused = await stage.states()
    await stage.settle(outbox)

    calls = await stage.calls("POST")
    assert during == [True, True, False]
    assert paused == ["CONFIRMED", "PENDING", "PENDING"]
    assert [call["status"] for call in calls] == [201, 429, 201, 201]
    assert calls[2]["receivedAt"] - calls[1]["receivedAt"] >= 1.0
    assert await flaws(stage) == []


@only("B", because=f"{FORGIVES}; {NO_LOOKUP}")
async def test_two_of_the_same_in_the_psa_are_confirmed_and_shown_to_a_person(stage: Stage):
    await stage.export(await stage.entries(1))
    await _sent_unheard(stage)
    await _record_behind_our_back(stage)

    await stage.settle(stage.outbox())

    op = await stage.op()
    assert (op.state, op.needs_attention) == (OpState.CONFIRMED, Attention.DUPLICATE_IN_PSA)
    assert await flaws(stage) != []


@only("A", "B", because=NO_LOOKUP)
async def test_something_else_under_our_reference_is_never_taken_for_ours(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.sandbox.faults({"do": "drop_before_commit", "match": POST, "times": 1})
    outbox = stage.outbox()
    await outbox.turn()
    await _record_behind_our_back(stage, hours=Decimal("9.00"))
    await outbox.connection_changed(stage.place.org)

    while not (op := await stage.op()).needs_attention:
        await outbox.turn()

    assert (op.state, op.needs_attention, op.remote_id) == (OpState.UNKNOWN, Attention.REMOTE_MISMATCH, None)
    assert len(await stage.calls("POST")) == 2


async def test_the_last_fifth_of_a_minutes_calls_is_left_to_people(stage: Stage):
    await stage.sandbox.settings(rateLimit=10)
    await stage.export(await stage.entries(9))
    outbox = stage.outbox(replace(HASTY, max_backoff=300.0))

    while await outbox.turn():
        pass

    confirmed = (await stage.states()).count("CONFIRMED")
    await stage.sandbox.settings(rateLimit=0)
    assert confirmed == 6  # two of ten went into the probe, and with two left nothing more is sent


async def _answer(value: Any) -> Any:
    return value


async def _sent_unheard(stage: Stage) -> None:
    await stage.sandbox.faults({"do": "drop_after_commit", "match": POST, "times": 1})
    await stage.outbox().turn()


async def _record_behind_our_back(stage: Stage, **changes: Any) -> None:
    op = await stage.op()
    said = {**op.payload, **changes, "external_ref": op.external_ref}
    said |= {"date": datetime.fromisoformat(said["date"]).date(), "amount": Decimal(said["amount"]), "rate": None}
    said["hours"] = Decimal(said["hours"])
    psa = await stage.psa_for(stage.place.org)
    await psa.record_time(NewTime(**{name: said[name] for name in NewTime.__dataclass_fields__}), "another-key")
