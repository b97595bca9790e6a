"""Entries that somebody in the PSA moves to another contract: they are there, and are not sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.tables import Attention, OpState
from resolvers.outbox.audits import audit
from tests.kinds import FORGIVES, NO_LOOKUP, only
from tests.outbox.stage import HASTY, Hands

if TYPE_CHECKING:
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}
UNHEARD = {"do": "drop_after_commit", "match": POST, "times": 1}
LOST = {"do": "drop_before_commit", "match": POST, "times": 1}


@only("A", "B", because=NO_LOOKUP)
async def test_a_doubt_whose_entry_was_moved_is_not_sent_again_and_is_shown(stage: Stage):
    hands, outbox, kept = await _in_doubt(stage)
    await _move(stage, kept)

    hands.move(HASTY.quarantine + 0.1)
    await outbox.turn()

    op, (only_one,) = await stage.op(), await stage.kept()
    assert (op.state, op.needs_attention, op.remote_id) == (OpState.UNKNOWN, Attention.REMOTE_MISMATCH, None)
    assert f"CONTRACT is {only_one['contractId']} instead of {kept['contractId']}" in (op.error_message or "")
    assert "AMOUNT" not in (op.error_message or "")
    assert len(await stage.calls("POST")) == 1


@only("A", "B", because=NO_LOOKUP)
async def test_a_doubt_whose_entry_is_moved_back_is_confirmed(stage: Stage):
    hands, outbox, kept = await _in_doubt(stage)
    await _move(stage, kept)
    hands.move(HASTY.quarantine + 0.1)
    await outbox.turn()

    await _move(stage, kept, contractId=kept["contractId"])
    hands.move(HASTY.max_backoff + 0.1)
    await outbox.turn()

    op = await stage.op()
    assert (op.state, op.needs_attention, op.remote_id) == (OpState.CONFIRMED, None, kept["id"])


@only("A", "B", because=NO_LOOKUP)
async def test_an_audit_shows_what_was_moved_and_does_not_call_it_missing(stage: Stage):
    hands, outbox = await _sent_twice(stage)
    await _move(stage, (await stage.kept())[0])

    hands.move(HASTY.quarantine + 0.1)
    await audit(outbox)

    op = await stage.op()
    assert (op.state, op.needs_attention) == (OpState.CONFIRMED, Attention.REMOTE_MISMATCH)


@only("B", because=f"{FORGIVES}; {NO_LOOKUP}")
async def test_an_audit_finds_a_twin_on_another_contract(stage: Stage):
    hands, outbox = await _sent_twice(stage)
    (kept,) = await stage.kept()
    twin = {name: kept[name] for name in ("externalRef", "date", "hours", "amount", "note", "userId")}
    twin |= {"id": f"{stage.place.org}-twin", "contractId": f"{stage.place.org}-k-2"}
    await stage.sandbox.control("POST", "seed", {"tenant": {"id": stage.place.org}, "timeEntries": [twin]})

    hands.move(HASTY.quarantine + 0.1)
    await audit(outbox)

    assert (await stage.op()).needs_attention == Attention.DUPLICATE_IN_PSA


@pytest.mark.parametrize("before", [0, 130])
@only("A", "B", because=NO_LOOKUP)
async def test_a_moved_entry_is_found_however_much_the_psa_lists(stage: Stage, before: int):
    """One that suddenly overlooks the filter lists every contract: the pages are followed, and rows compared."""
    facts = {"contractId": f"{stage.place.org}-k-3", "date": "2026-01-05", "hours": "1.00"}
    many = [facts | {"externalRef": f"projects:another:{number}:1"} for number in range(before)]
    await stage.sandbox.control("POST", "seed", {"tenant": {"id": stage.place.org}, "timeEntries": many})
    hands, outbox, kept = await _in_doubt(stage)
    await _move(stage, kept)
    await stage.sandbox.faults({"do": "forget_filter", "match": {"method": "GET"}})

    hands.move(HASTY.quarantine + 0.1)
    await outbox.turn()

    assert (await stage.op()).needs_attention == Attention.REMOTE_MISMATCH
    assert len(await stage.calls("POST")) == 1


async def _in_doubt(stage: Stage) -> tuple[Hands, Any, dict[str, Any]]:
    """Export an entry whose answer nobody hears."""
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.sandbox.faults(UNHEARD)
    outbox = stage.outbox(clock=hands)
    await outbox.turn()
    kept = (await stage.kept())[-1]
    await stage.sandbox.faults()
    return hands, outbox, kept


async def _sent_twice(stage: Stage) -> tuple[Hands, Any]:
    hands = Hands()
    await stage.export(await stage.entries(1), now=hands.at)
    await stage.sandbox.faults(LOST)
    outbox = stage.outbox(clock=hands)
    await outbox.turn()
    hands.move(HASTY.quarantine + 0.2)
    await outbox.turn()
    assert await stage.states() == ["CONFIRMED"]
    return hands, outbox


async def _move(stage: Stage, kept: dict[str, Any], **facts: Any) -> None:
    where = {"contractId": f"{stage.place.org}-k-2"} | facts
    await stage.sandbox.change("time-entries", kept["id"], stage.place.org, **where)
