"""Asking for an export: verdicts, policies, keys, and requests that meet (domain 8.4, 14)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db import contracts
from db.activity import ActivityEvent, ActivityKind
from db.exports.batches import ExportPolicy
from db.exports.rules import BatchStatus, Counts, batch_counts, batch_status
from db.exports.tables import ExportBatch, ExportLine
from db.organizations import Role
from db.refusals import ContractNotLinked, Forbidden, IdempotencyKeyReused, InvalidInput, ListTooLong, ProjectNotFound
from db.time_entries.tables import ApprovalStatus, TimeEntry, TimeSource
from tests import given
from tests.outbox.checks import flaws

if TYPE_CHECKING:
    from tests.outbox.stage import Stage

POST = {"method": "POST", "path": "/api/time-entries"}


async def test_case_1_every_entry_answers_for_itself_and_only_the_good_one_is_sent(stage: Stage):
    (exported,) = await stage.entries(1)
    await stage.export([exported])
    await stage.settle(stage.outbox())
    picks = [
        *await stage.entries(1, approval_status=ApprovalStatus.PENDING),
        *await stage.entries(1, approval_status=ApprovalStatus.REJECTED),
        *await stage.entries(1, billable=False),
        exported,
        *await stage.entries(1, source=TimeSource.PSA),
        *await stage.entries(1, hours=Decimal("0.00")),
        *await stage.entries(1),
    ]

    requested = await stage.export(picks)
    await stage.settle(stage.outbox())

    assert [verdict.entry_id for verdict in requested.verdicts] == [entry.id for entry in picks]
    assert [verdict.code for verdict in requested.verdicts] == [
        "NOT_APPROVED", "NOT_APPROVED", "NOT_BILLABLE", "ALREADY_EXPORTED", "ORIGINATED_IN_PSA", "ZERO_HOURS", None,
    ]  # fmt: skip
    earlier = requested.verdicts[3]
    assert earlier.batch_id is not None
    assert earlier.psa_time_entry_id is not None
    assert len(await stage.calls("POST")) == 2
    assert await flaws(stage) == []


async def test_case_2_twins_at_the_same_moment_get_one_batch_and_one_set_of_entries(stage: Stage):
    entries = await stage.entries(3)

    answers = await asyncio.gather(*(stage.export(entries, key="same") for _ in range(6)))
    await stage.settle(stage.outbox())

    assert {answer.batch and answer.batch.id for answer in answers} == {answers[0].batch and answers[0].batch.id}
    assert {answer.verdicts for answer in answers} == {answers[0].verdicts}
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert len(await stage.kept()) == 3


async def test_case_2_the_same_key_with_another_wish_is_refused(stage: Stage):
    entries = await stage.entries(2)
    await stage.export(entries[:1], key="same")

    with pytest.raises(IdempotencyKeyReused):
        await stage.export(entries, key="same")

    assert len(await stage.ops()) == 1


async def test_a_late_twin_hears_what_the_first_one_heard_though_things_have_changed(stage: Stage):
    entries = [*await stage.entries(1), *await stage.entries(1, approval_status=ApprovalStatus.PENDING)]
    first = await stage.export(entries, key="same")
    await stage.settle(stage.outbox())
    async with stage.database.write(stage.place.org) as session:
        late = await session.get_one(TimeEntry, (stage.place.org, entries[1].id))
        late.approval_status = ApprovalStatus.APPROVED

    again = await stage.export(entries, key="same")

    assert again.verdicts == first.verdicts
    assert [verdict.code for verdict in again.verdicts] == [None, "NOT_APPROVED"]


async def test_case_4_a_429_in_the_middle_leaves_what_was_confirmed(stage: Stage):
    requested = await stage.export(await stage.entries(3))
    await stage.sandbox.faults({"do": "rate_limit", "retryAfter": 23, "match": POST, "skip": 1, "times": 1})
    outbox = stage.outbox()
    await outbox.turn()
    await outbox.turn()

    _, limited, _ = await stage.ops()
    assert requested.batch is not None
    async with stage.database.read(stage.place.org) as session:
        counts = await batch_counts(session, stage.place.org, requested.batch.id)

    assert counts == Counts(pending=2, confirmed=1)
    assert batch_status(counts) is BatchStatus.RUNNING
    assert limited.error_code == "PSA_RATE_LIMITED"


async def test_case_5_without_a_contract_nothing_is_asked_of_the_psa(stage: Stage):
    async with stage.database.write(stage.place.org) as session:
        await contracts.unlink(session, stage.place.viewer(), stage.place.project.id, now=datetime.now(UTC))

    with pytest.raises(ContractNotLinked) as refusal:
        await stage.export(await stage.entries(1))

    assert refusal.value.project_id == stage.place.project.id
    assert await stage.sandbox.log(stage.place.org) == []


async def test_two_exports_of_the_same_entries_share_them_out_and_tell_who_has_them(stage: Stage):
    entries = await stage.entries(4)

    answers = await asyncio.gather(stage.export(entries[:3]), stage.export(entries[1:]))
    await stage.settle(stage.outbox())

    winner, other = sorted(answers, key=lambda answer: -len(answer.op_ids))
    assert [len(winner.op_ids), len(other.op_ids)] == [3, 1]
    shared = [verdict for verdict in other.verdicts if verdict.code]
    assert [verdict.code for verdict in shared] == ["EXPORT_IN_PROGRESS"] * 2
    assert {verdict.batch_id for verdict in shared} == {winner.batch and winner.batch.id}
    assert len(await stage.kept()) == 4


async def test_unknown_ids_and_other_projects_entries_say_so_and_duplicates_are_answered_once(stage: Stage):
    elsewhere = given.project(stage.place.organization, stage.place.users[Role.OWNER])
    await given.stored(stage.database, elsewhere)
    (good,), (foreign,) = await stage.entries(1), await stage.entries(1, of=elsewhere)
    unknown = given.time_entry(stage.place.project, stage.place.users[Role.MEMBER])
    picks = [foreign, good, unknown, good]

    requested = await stage.export(picks)
    outsider = await stage.export([foreign], viewer=stage.place.viewer(Role.MANAGER))

    codes = [(verdict.entry_id, verdict.code) for verdict in requested.verdicts]
    assert codes == [(foreign.id, "WRONG_PROJECT"), (good.id, None), (unknown.id, "NOT_FOUND")]
    assert [verdict.code for verdict in outsider.verdicts] == ["NOT_FOUND"]


async def test_all_or_nothing_sends_nothing_when_one_entry_cannot_go(stage: Stage):
    entries = [*await stage.entries(2), *await stage.entries(1, billable=False)]

    requested = await stage.export(entries, policy=ExportPolicy.ALL_OR_NOTHING, key="k")
    corrected = await stage.export(entries[:2], policy=ExportPolicy.ALL_OR_NOTHING)

    assert requested.batch is None
    assert [verdict.code for verdict in requested.verdicts] == [None, None, "NOT_BILLABLE"]
    assert corrected.batch is not None
    assert len(await stage.ops()) == 2


async def test_nothing_to_send_makes_no_batch_and_leaves_the_key_unused(stage: Stage):
    entries = await stage.entries(1, billable=False)

    requested = await stage.export(entries, key="k")

    async with stage.database.read(stage.place.org) as session:
        assert await session.scalar(select(ExportBatch.id)) is None
    assert requested.batch is None
    assert not (await stage.export(await stage.entries(1), key="k")).replayed


async def test_all_eligible_takes_the_projects_eligible_entries_and_no_others(stage: Stage):
    entries = await stage.entries(3)
    await stage.entries(1, approval_status=ApprovalStatus.PENDING)

    requested = await stage.export(None)

    assert [verdict.entry_id for verdict in requested.verdicts] == [entry.id for entry in entries]
    assert len(requested.op_ids) == 3


async def test_lines_keep_the_order_of_the_request(stage: Stage):
    entries = (await stage.entries(5))[::-1]

    await stage.export(entries)

    async with stage.database.read(stage.place.org) as session:
        lines = await session.scalars(select(ExportLine.time_entry_id).order_by(ExportLine.position))
        assert list(lines) == [entry.id for entry in entries]


async def test_what_is_sent_is_what_stood_there_when_it_was_asked_for(stage: Stage):
    (entry,) = await stage.entries(1, hours=Decimal("1.25"), billing_rate=Decimal("99.99"), description="Swap UPS")
    await stage.export([entry])
    async with stage.database.write(stage.place.org) as session:
        (await session.get_one(TimeEntry, (stage.place.org, entry.id))).hours = Decimal("8.00")

    await stage.settle(stage.outbox())

    (kept,) = await stage.kept()
    assert (kept["hours"], kept["rate"], kept["amount"], kept["note"]) == ("1.25", "99.99", "124.99", "Swap UPS")
    assert kept["contractId"] == stage.contract.psa_contract_id
    assert kept["userId"] == entry.user_id


async def test_who_may_not_export_is_told_so_and_strangers_learn_nothing(stage: Stage):
    entries = await stage.entries(1)
    elsewhere = await given.workplace(stage.database)

    with pytest.raises(Forbidden):
        await stage.export(entries, viewer=stage.place.viewer(Role.MEMBER))
    with pytest.raises(ProjectNotFound):
        await stage.export(entries, project_id=elsewhere.project.id)

    assert await stage.ops() == []


@pytest.mark.parametrize(("number", "refusal"), [(0, InvalidInput), (201, ListTooLong)])
async def test_a_list_must_name_1_to_200_entries(stage: Stage, number: int, refusal: type[Exception]):
    entries = [given.time_entry(stage.place.project, stage.place.users[Role.MEMBER]) for _ in range(number)]

    with pytest.raises(refusal):
        await stage.export(entries)

    assert await stage.ops() == []


async def test_a_refused_entry_can_be_exported_again_under_a_new_reference(stage: Stage):
    entries = await stage.entries(1)
    await stage.sandbox.faults({"do": "status", "status": 422, "match": POST, "times": 1})
    await stage.export(entries)
    await stage.settle(stage.outbox())

    await stage.export(entries)
    await stage.settle(stage.outbox())

    refused, confirmed = await stage.ops()
    assert [refused.state.value, confirmed.state.value] == ["REJECTED", "CONFIRMED"]
    assert [refused.newest, confirmed.newest] == [False, True]
    assert (refused.external_ref[-2:], confirmed.external_ref[-2:]) == (":1", ":2")
    assert refused.idempotency_key != confirmed.idempotency_key


async def test_the_end_of_a_batch_is_told_once_whatever_became_of_its_lines(stage: Stage):
    await stage.sandbox.faults({"do": "status", "status": 422, "match": POST, "times": 1})
    requested = await stage.export(await stage.entries(3))
    await stage.settle(stage.outbox())

    asked = await stage.events(ActivityEvent, ActivityKind.EXPORT_REQUESTED)
    (finished,) = await stage.events(ActivityEvent, ActivityKind.EXPORT_FINISHED)

    assert len(asked) == 1
    assert requested.batch is not None
    assert finished.details == {"batch_id": requested.batch.id, "confirmed": 2, "rejected": 1}
    assert finished.summary == "Exported 2 of 3 time entries to CTR-1001"
    assert finished.actor_id is None


async def test_a_node_whose_clock_is_ahead_does_not_hold_its_lines_back(stage: Stage):
    await stage.export(await stage.entries(1), now=datetime.now(UTC) + timedelta(minutes=5))

    await stage.settle(stage.outbox())

    assert await stage.states() == ["CONFIRMED"]


async def test_the_ticket_on_the_tasks_card_goes_along(stage: Stage):
    work = given.task(stage.place.project)
    link = given.ticket_link(work, stage.place.users[Role.MEMBER], psa_ticket_id="t-9")
    await given.stored(stage.database, work, link)

    await stage.export(await stage.entries(1, task_id=work.id))

    (op,) = await stage.ops()
    assert op.payload["ticket_id"] == "t-9"
    assert (op.hours, op.amount) == (Decimal("1.50"), Decimal("180.00"))


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        (Counts(confirmed=2), BatchStatus.SUCCEEDED),
        (Counts(confirmed=1, voided=1), BatchStatus.SUCCEEDED),
        (Counts(confirmed=1, rejected=1), BatchStatus.PARTIAL),
        (Counts(voided=1, rejected=1), BatchStatus.PARTIAL),
        (Counts(rejected=2), BatchStatus.FAILED),
        (Counts(confirmed=1, unknown=1), BatchStatus.RUNNING),
        (Counts(pending=1), BatchStatus.RUNNING),
    ],
)
def test_a_batch_is_what_its_lines_are(counts: Counts, status: BatchStatus):
    assert batch_status(counts) is status
