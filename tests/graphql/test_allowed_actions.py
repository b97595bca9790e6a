"""What the caller may do with an entry: the same answer as the mutations give when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.tables import OpState
from db.organizations import Role
from db.time_entries.tables import ApprovalStatus, TimeSource
from db.viewers import CallerKind, Viewer
from tests import given
from tests.graphql.test_exports import entries
from tests.graphql.test_voids import EDIT

if TYPE_CHECKING:
    from db.time_entries.tables import TimeEntry
    from tests.asking import Desk

ACTIONS = "query ($id: ID!) { node(id: $id) { ... on TimeEntry { allowedActions } } }"
ALL = "{ timeEntries(first: 100) { nodes { id allowedActions exportEligibility { eligible } lockReasons } } }"
DELETE = """mutation ($input: DeleteTimeEntryInput!) { deleteTimeEntry(input: $input) {
  __typename ... on ProjectsError { code } } }"""
DECIDE = """mutation ($input: %sTimeEntriesInput!) { %sTimeEntries(input: $input) {
  ... on %sTimeEntriesPayload { results { changed error { code } } } } }"""
OWN, MANAGED = ["EDIT", "DELETE"], ["EDIT", "DELETE", "REJECT", "EXPORT"]
PENDING = {"approval_status": ApprovalStatus.PENDING}


async def entry_in(desk: Desk, state: OpState | None, **facts: Any) -> TimeEntry:
    [entry] = await entries(desk, 1, **facts)
    if state is not None:
        await given.stored(desk.database, given.export_op(entry, state))
    return entry


async def allowed(desk: Desk, entry: TimeEntry, asker: Role | Viewer) -> list[str]:
    return (await desk.ask(ACTIONS, asker, id=entry.id))["allowedActions"]


@pytest.mark.parametrize(
    ("state", "facts", "actions"),
    [
        (None, {}, MANAGED),
        (None, PENDING, ["EDIT", "DELETE", "APPROVE", "REJECT"]),
        (None, {"approval_status": ApprovalStatus.REJECTED}, OWN),
        (None, {"billable": False}, ["EDIT", "DELETE", "REJECT"]),
        (None, {"source": TimeSource.PSA}, ["EDIT", "DELETE", "REJECT"]),
        (OpState.PENDING, {}, []),
        (OpState.SENT, {}, []),
        (OpState.UNKNOWN, {}, ["RESOLVE"]),
        (OpState.CONFIRMED, {}, ["VOID"]),
        (OpState.REJECTED, {}, ["EDIT", "REJECT", "EXPORT", "RETRY"]),
        (OpState.REJECTED, PENDING, ["EDIT", "APPROVE", "REJECT"]),
        (OpState.VOIDED, {}, ["EDIT", "REJECT", "EXPORT"]),
    ],
)
async def test_a_manager_may_do_what_the_entry_is_ready_for(
    desk: Desk, state: OpState | None, facts: dict[str, Any], actions: list[str]
):
    entry = await entry_in(desk, state, **facts)

    found = await allowed(desk, entry, Role.MANAGER)

    assert found == actions


async def test_who_worked_corrects_their_own_and_others_only_look(desk: Desk):
    entry = await entry_in(desk, None)
    other = given.time_entry(desk.place.project, desk.place.users[Role.MANAGER])
    await given.stored(desk.database, other)
    owner = desk.place.viewer()
    product = Viewer(
        CallerKind.INTEGRATION, owner.org_id, None, "PSA", None, None, "UTC", "USD",
        time_approval_required=True, sees_all=True,
    )  # fmt: skip

    assert await allowed(desk, entry, Role.MEMBER) == OWN
    assert await allowed(desk, other, Role.MEMBER) == []
    assert await allowed(desk, entry, Role.VIEWER) == []
    assert await allowed(desk, entry, product) == []
    # An admin of the organisation is no member of the project.
    assert await allowed(desk, entry, Role.ADMIN) == MANAGED


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER, Role.VIEWER])
@pytest.mark.parametrize("state", [None, *OpState])
async def test_what_is_not_allowed_is_refused_and_what_is_allowed_is_not(desk: Desk, role: Role, state: OpState | None):
    entry = await entry_in(desk, state, **PENDING)
    offered = await allowed(desk, entry, role)

    edited = await desk.do(EDIT, role, timeEntryId=entry.id, description="On site")
    approved = await _decide(desk, "approve", role, entry)
    rejected = await _decide(desk, "reject", role, entry)
    deleted = await desk.do(DELETE, role, timeEntryId=entry.id)

    done = {
        "EDIT": edited["__typename"] == "UpdateTimeEntryPayload",
        "APPROVE": approved,
        "REJECT": rejected,
        "DELETE": deleted["__typename"] == "DeleteTimeEntryPayload",
    }
    has_lines = state is not None  # as the ledger would have it: given.export_op makes no line
    assert {name for name, was in done.items() if was and not (name == "DELETE" and has_lines)} == set(offered) - {
        "VOID", "RESOLVE", "EXPORT", "RETRY",
    }  # fmt: skip


async def test_a_list_tells_it_of_each_entry_beside_its_locks_and_its_eligibility(desk: Desk):
    made = [await entry_in(desk, state) for state in (None, OpState.CONFIRMED, OpState.UNKNOWN)]

    found = await desk.ask(ALL, Role.MANAGER)

    by_id = {node["id"]: node for node in found["nodes"]}
    assert [by_id[each.id]["allowedActions"] for each in made] == [MANAGED, ["VOID"], ["RESOLVE"]]
    assert [by_id[each.id]["exportEligibility"]["eligible"] for each in made] == [True, False, False]
    assert [by_id[each.id]["lockReasons"] for each in made] == [[], ["ALREADY_EXPORTED"], ["OUTCOME_UNKNOWN"]]


async def _decide(desk: Desk, verb: str, role: Role, entry: TimeEntry) -> bool:
    title = verb.capitalize()
    said: dict[str, Any] = {"timeEntryIds": [entry.id]} | ({"reason": "No"} if verb == "reject" else {})
    (result,) = (await desk.do(DECIDE % (title, verb, title), role, **said))["results"]
    return result["error"] is None and result["changed"]
