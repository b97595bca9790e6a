"""A restored ledger counts references from where it was: what the lost one sent under later ones is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.ledger.tables import Attention, OpState
from resolvers.outbox.recoveries import recover_ledger
from tests.kinds import NO_LOOKUP, only
from tests.outbox.stage import HASTY, Hands

if TYPE_CHECKING:
    from db.time_entries.tables import TimeEntry
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}
REFUSED = {"do": "status", "status": 422, "match": POST, "times": 1}
BATCH = {"path": "/api/time-entries/batch"}

pytestmark = pytest.mark.usefixtures("alone")


@only("A", "B", because=NO_LOOKUP)
async def test_an_entry_that_a_lost_ledger_sent_under_its_next_reference_is_shown_and_not_sent(stage: Stage):
    entry = await _sent_at_the_second_try(stage)
    await stage.forget()

    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.export([entry], key="again")
    await _look(stage)

    op, (kept,) = await stage.op(), await stage.kept()
    assert (op.external_ref[-2:], kept["externalRef"][-2:]) == (":1", ":2")
    assert (op.state, op.needs_attention) == (OpState.UNKNOWN, Attention.REMOTE_MISMATCH)
    assert f"of {kept['id']}, its reference is {kept['externalRef']}" in (op.error_message or "")
    assert len(await stage.sends()) == 2


@only("A", "B", because=NO_LOOKUP)
async def test_a_line_that_was_open_in_the_backup_and_went_on_under_its_next_reference_is_not_sent(stage: Stage):
    entry = await _sent_at_the_second_try(stage)
    await stage.forget()
    await stage.export([entry], key="in the backup")

    report = await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await _look(stage)

    op = await stage.op()
    assert (report.in_doubt, report.unanswered) == (1, 0)
    assert (op.state, op.needs_attention) == (OpState.UNKNOWN, Attention.REMOTE_MISMATCH)
    assert len(await stage.sends()) == 2


@only("A", "B", because=NO_LOOKUP)
async def test_once_it_is_removed_in_the_psa_the_entry_goes_out(stage: Stage):
    entry = await _sent_at_the_second_try(stage)
    await stage.forget()
    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.export([entry], key="again")
    await _look(stage)

    (lost,) = await stage.kept()
    await (await stage.psa_for(stage.place.org)).remove_time(lost["id"])
    await stage.settle(stage.outbox())

    op, (kept,) = await stage.op(), await stage.kept()
    assert (op.state, op.needs_attention, op.remote_id) == (OpState.CONFIRMED, None, kept["id"])


@only("A", "B", because=NO_LOOKUP)
async def test_an_entry_that_is_there_under_two_references_is_a_duplicate(stage: Stage):
    entry = await _sent_at_the_second_try(stage)
    (second,) = await stage.kept()
    first = second | {"id": f"{stage.place.org}-first", "externalRef": f"{second['externalRef'][:-2]}:1"}
    await stage.sandbox.control("POST", "seed", {"tenant": {"id": stage.place.org}, "timeEntries": [first]})
    await stage.forget()

    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.export([entry], key="again")
    await stage.settle(stage.outbox())

    op = await stage.op()
    assert (op.state, op.needs_attention, op.remote_id) == (
        OpState.CONFIRMED, Attention.DUPLICATE_IN_PSA, first["id"],
    )  # fmt: skip


@only("A", "B", because=NO_LOOKUP)
async def test_while_the_other_references_get_no_answer_nothing_is_sent(stage: Stage):
    entry = await _sent_at_the_second_try(stage)
    await stage.forget()
    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.sandbox.faults({"do": "status", "status": 500, "match": BATCH})

    await stage.export([entry], key="again")
    await _look(stage)

    op = await stage.op()
    assert (op.state, op.needs_attention, len(await stage.sends())) == (OpState.UNKNOWN, None, 2)


@only("A", "B", because=NO_LOOKUP)
async def test_a_doubt_of_the_ledgers_own_is_looked_up_under_its_reference_alone(stage: Stage):
    await recover_ledger(stage.outbox(), Hands().at, patience=20)
    await stage.sandbox.faults({"do": "drop_before_commit", "match": POST, "times": 1})

    await stage.export(await stage.entries(1))
    await stage.settle(stage.outbox())

    assert await stage.states() == ["CONFIRMED"]
    assert await stage.calls("POST", BATCH["path"]) == []


async def _sent_at_the_second_try(stage: Stage) -> TimeEntry:
    """Export an entry that the PSA refuses once, so that it has it under the entry's second reference."""
    (entry,) = await stage.entries(1)
    await stage.sandbox.faults(REFUSED)
    for _ in range(2):
        await stage.export([entry])
        await stage.settle(stage.outbox())
    assert await stage.states() == ["REJECTED", "CONFIRMED"]
    return entry


async def _look(stage: Stage) -> None:
    """Take turns for longer than a quarantine, by a clock that is moved."""
    hands = Hands()
    async with stage.database.read(None) as session:
        hands.at = await stage.outbox().clock(session)
    for _ in range(4):
        await stage.outbox(clock=hands).turn()
        hands.move(HASTY.quarantine + 0.1)
