"""Time is logged, corrected and deleted, until the PSA may have it (domain 8.3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db.activity import ActivityEvent
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.tables import OpState
from db.organizations import Role
from db.refusals import EntryLocked, Forbidden, InvalidInput, TaskNotFound, UserNotFound
from db.time_entries import commands
from db.time_entries.rules import Lock
from db.time_entries.tables import ApprovalStatus, TimeEntry
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW, TODAY

if TYPE_CHECKING:
    from db.session import Database

LATER = NOW + timedelta(hours=1)
LOCKING = {
    OpState.PENDING: Lock.EXPORT_IN_PROGRESS,
    OpState.SENT: Lock.EXPORT_IN_PROGRESS,
    OpState.UNKNOWN: Lock.OUTCOME_UNKNOWN,
    OpState.CONFIRMED: Lock.ALREADY_EXPORTED,
}


async def logged(database: Database, place: given.Workplace, role: Role = Role.MEMBER, **values: Any) -> TimeEntry:
    said = {"hours": Decimal("1.5")} | values
    return await does(database, place.viewer(role), commands.log, place.project.id, said, today=TODAY, now=NOW)


async def test_what_is_left_out_has_the_defaults_of_the_manual(database: Database):
    place = await given.workplace(database, billing_rate=Decimal("90.00"))

    entry = await logged(database, place)

    assert (entry.date, entry.user_id, entry.hours) == (TODAY, place.users[Role.MEMBER].id, Decimal("1.5"))
    assert (entry.billable, entry.billing_rate, entry.revision) == (True, Decimal("90.00"), 1)
    assert (entry.approval_status, entry.approved_at) == (ApprovalStatus.PENDING, None)
    assert await kinds(database, place.org) == ["TIME_LOGGED"]


async def test_what_is_told_of_logged_hours_is_written_as_money_is(database: Database):
    place = await given.workplace(database)

    for hours in ("1E+1", "-0", "1.5"):
        await logged(database, place, hours=Decimal(hours))

    told = [event.summary for event in await rows(database, place.org, ActivityEvent)]
    assert told == ["Logged 10.00 h", "Logged 0.00 h", "Logged 1.50 h"]


async def test_a_persons_rate_comes_before_the_projects_and_a_given_one_before_both(database: Database):
    place = await given.workplace(database, billing_rate=Decimal("90.00"))
    expert = given.user(place.organization, billing_rate=Decimal("200.00"))
    await given.stored(database, expert, given.member(place.project, expert))
    viewer = given.viewer(place.organization, expert)

    rates = []
    for said in ({}, {"billing_rate": Decimal("0.01")}, {"billing_rate": None}):
        entry = await does(
            database, viewer, commands.log, place.project.id, {"hours": Decimal(1)} | said, today=TODAY, now=NOW
        )
        rates.append(entry.billing_rate)

    assert rates == [Decimal("200.00"), Decimal("0.01"), None]


async def test_without_approval_in_the_organisation_entries_are_born_approved_by_nobody(database: Database):
    place = await given.workplace(database)
    place.organization.time_approval_required = False

    entry = await logged(database, place)

    assert (entry.approval_status, entry.approved_at, entry.approved_by_id) == (ApprovalStatus.APPROVED, NOW, None)


@pytest.mark.parametrize("hours", ["-0.01", "24.01", "1.005", "NaN"])
async def test_hours_are_0_to_24_with_two_decimals(database: Database, hours: str):
    place = await given.workplace(database)

    with pytest.raises(InvalidInput) as refused:
        await logged(database, place, hours=Decimal(hours))

    assert list(refused.value.fields) == ["hours"]


async def test_time_for_others_takes_a_manager_and_what_it_points_to_must_be_there(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    foreign = given.task(elsewhere.project)
    await given.stored(database, foreign)
    owner = place.users[Role.OWNER].id

    entry = await logged(database, place, Role.MANAGER, user_id=owner)

    assert entry.user_id == owner
    with pytest.raises(Forbidden):
        await logged(database, place, Role.MEMBER, user_id=owner)
    with pytest.raises(TaskNotFound):
        await logged(database, place, task_id=foreign.id)
    with pytest.raises(UserNotFound):
        await logged(database, place, Role.MANAGER, user_id="usr_none")


async def test_a_correction_counts_the_revision_up_and_asks_for_approval_again(database: Database):
    place = await given.workplace(database)
    entry = given.time_entry(
        place.project, place.users[Role.MEMBER], approved_by_id=place.users[Role.OWNER].id, approved_at=NOW
    )
    await given.stored(database, entry)
    member = place.viewer(Role.MEMBER)

    await does(database, member, commands.edit, entry.id, {"hours": Decimal(2)}, now=LATER)
    await does(database, member, commands.edit, entry.id, {"hours": Decimal(2)}, now=LATER)

    [stored] = await rows(database, place.org, TimeEntry)
    assert (stored.hours, stored.revision, stored.updated_at) == (Decimal("2.00"), 2, LATER)
    assert (stored.approval_status, stored.approved_by_id) == (ApprovalStatus.PENDING, None)
    assert await kinds(database, place.org) == ["TIME_UPDATED"]


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("200.00", {}, "80.00"),
        ("150.00", {}, "150.00"),
        ("200.00", {"billing_rate": Decimal("99.00")}, "99.00"),
        ("200.00", {"billing_rate": None}, None),
    ],
)
async def test_time_that_turns_out_to_be_anothers_takes_their_rate_unless_one_was_said(
    database: Database, before: str, said: dict[str, Any], after: str | None
):
    place = await given.workplace(database, billing_rate=Decimal("90.00"))
    ann = given.user(place.organization, billing_rate=Decimal("200.00"))
    bob = given.user(place.organization, billing_rate=Decimal("80.00"))
    entry = given.time_entry(place.project, ann, billing_rate=Decimal(before))
    await given.stored(database, ann, bob, entry)

    edited = await does(database, place.viewer(), commands.edit, entry.id, {"user_id": bob.id} | said, now=NOW)

    assert (edited.user_id, edited.billing_rate) == (bob.id, after and Decimal(after))


async def test_the_projects_rate_is_a_default_too(database: Database):
    place = await given.workplace(database, billing_rate=Decimal("90.00"))
    expert = given.user(place.organization, billing_rate=Decimal("200.00"))
    await given.stored(database, expert)
    entry = await logged(database, place)
    rates = [entry.billing_rate]

    for person in (expert.id, place.users[Role.MEMBER].id):
        edited = await does(database, place.viewer(), commands.edit, entry.id, {"user_id": person}, now=NOW)
        rates.append(edited.billing_rate)

    assert rates == [Decimal("90.00"), Decimal("200.00"), Decimal("90.00")]
    [*_, told] = await rows(database, place.org, ActivityEvent)
    assert told.details["billing_rate"] == {"from": "200.00", "to": "90.00"}


@pytest.mark.parametrize("state", OpState)
async def test_an_entry_is_locked_while_the_psa_may_have_it(database: Database, state: OpState):
    place = await given.workplace(database)
    entry = given.time_entry(place.project, place.users[Role.MEMBER])
    await given.stored(database, entry, given.export_op(entry, state))
    attempts = [(commands.edit, {"description": "x"}), (commands.delete,)]

    for command, *said in attempts:
        if state in LOCKING:
            with pytest.raises(EntryLocked) as refused:
                await does(database, place.viewer(), command, entry.id, *said, now=NOW)
            assert refused.value.reasons == (LOCKING[state],)
        else:
            await does(database, place.viewer(), command, entry.id, *said, now=NOW)

    assert len(await rows(database, place.org, TimeEntry)) == (1 if state in LOCKING else 0)


async def test_the_lock_looks_at_the_newest_export_only(database: Database):
    place = await given.workplace(database)
    entry = given.time_entry(place.project, place.users[Role.MEMBER])
    voided = given.export_op(entry, OpState.VOIDED, newest=False)
    again = given.export_op(entry, OpState.CONFIRMED, external_ref="again")
    await given.stored(database, entry, voided, again)

    with pytest.raises(EntryLocked):
        await does(database, place.viewer(), commands.edit, entry.id, {"description": "x"}, now=NOW)


async def test_an_entry_that_stood_in_a_batch_can_be_corrected_but_not_deleted(database: Database):
    place = await given.workplace(database)
    by = place.users[Role.OWNER].id
    entry = given.time_entry(place.project, place.users[Role.MEMBER])
    op = given.export_op(entry, OpState.VOIDED)
    batch = ExportBatch(
        org_id=place.org, id="exb_1", project_id=place.project.id, psa_contract_id="ctr", contract_number="C-1",
        requested_by_id=by, requested_at=NOW, refused={},
    )  # fmt: skip
    line = ExportLine(org_id=place.org, id="exl_1", batch_id="exb_1", position=0, op_id=op.id, time_entry_id=entry.id)
    await given.stored(database, entry, op, batch, line)

    edited = await does(database, place.viewer(), commands.edit, entry.id, {"billable": False}, now=NOW)
    with pytest.raises(EntryLocked) as refused:
        await does(database, place.viewer(), commands.delete, entry.id, now=NOW)

    assert not edited.billable
    assert refused.value.reasons == (Lock.EXPORT_HISTORY,)


async def test_own_time_is_deleted_by_a_member_and_others_time_is_not(database: Database):
    place = await given.workplace(database)
    own = given.time_entry(place.project, place.users[Role.MEMBER])
    others = given.time_entry(place.project, place.users[Role.OWNER])
    await given.stored(database, own, others)

    await does(database, place.viewer(Role.MEMBER), commands.delete, own.id, now=NOW)
    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.MEMBER), commands.delete, others.id, now=NOW)

    assert [entry.id for entry in await rows(database, place.org, TimeEntry)] == [others.id]
    assert await kinds(database, place.org) == ["TIME_DELETED"]
