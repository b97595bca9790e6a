"""Trying once more what the PSA refused: what is retried, what is not and why, and that old lines stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.time_entries.tables import ApprovalStatus, TimeEntry
from tests.acting import rows
from tests.asking import open_desk
from tests.graphql.test_exports import EXPORT, entries, linked, said

if TYPE_CHECKING:
    from tests.asking import Desk

RETRY = """mutation ($input: RetryExportInput!) { retryExport(input: $input) {
  __typename
  ... on RetryExportPayload {
    replayed
    batch { id status counts { total confirmed } }
    retriedBatch { id status counts { total confirmed rejected } }
    lines { timeEntryId accepted state code batch { id } }
  }
  ... on ProjectsError { code message }
} }"""
BATCH = """query ($id: ID!) { exportBatch(id: $id) { status lines { nodes {
  id state externalRef errorCode attempts sentAt timeEntry { id exportStatus }
} } } }"""
REFUSAL = {"do": "status", "status": 422, "match": {"method": "POST"}}


async def refused(desk: Desk, *of: TimeEntry, times: int) -> str:
    """Export entries, the first of which the PSA refuses, and return the batch."""
    await linked(desk)
    await desk.sandbox.faults(REFUSAL | {"times": times})
    answer = await desk.do(EXPORT, **said(desk, *of))
    assert [line["state"] for line in answer["lines"]].count("REJECTED") == times
    return answer["batch"]["id"]


def wish(batch: str, key: str = "retry") -> dict[str, Any]:
    return {"batchId": batch, "idempotencyKey": key}


async def without_statuses(desk: Desk, batch: str) -> list[dict[str, Any]]:
    lines = (await desk.ask(BATCH, id=batch))["lines"]["nodes"]
    return [line | {"timeEntry": line["timeEntry"]["id"]} for line in lines]


async def test_only_what_failed_goes_again_under_a_new_name_and_old_lines_stay(desk: Desk):
    made = await entries(desk, 3)
    batch = await refused(desk, *made, times=1)
    before = await without_statuses(desk, batch)
    [failed] = [line for line in before if line["state"] == "REJECTED"]

    answer = await desk.do(RETRY, Role.MANAGER, **wish(batch))

    [line] = answer["lines"]
    assert line == {
        "timeEntryId": failed["timeEntry"], "accepted": True, "state": "CONFIRMED", "code": None,
        "batch": {"id": answer["batch"]["id"]},
    }  # fmt: skip
    assert answer["batch"]["status"] == "SUCCEEDED"
    assert answer["batch"]["counts"] == {"total": 1, "confirmed": 1}
    assert answer["retriedBatch"] == {
        "id": batch, "status": "PARTIAL", "counts": {"total": 3, "confirmed": 2, "rejected": 1}
    }  # fmt: skip
    assert await without_statuses(desk, batch) == before
    (new,) = (await desk.ask(BATCH, id=answer["batch"]["id"]))["lines"]["nodes"]
    assert (failed["externalRef"][-2:], new["externalRef"]) == (":1", failed["externalRef"][:-1] + "2")
    kept = await desk.sandbox.time_entries(desk.org)
    assert sorted(each["externalRef"] for each in kept) == sorted(
        [new["externalRef"], *(each["externalRef"] for each in before if each["state"] == "CONFIRMED")]
    )


async def test_what_has_changed_since_is_judged_as_it_is_now(desk: Desk):
    made = await entries(desk, 3)
    batch = await refused(desk, *made, times=3)
    pending, elsewhere, good = made
    async with desk.database.write(desk.org) as session:
        stands = update(TimeEntry).where(TimeEntry.org_id == desk.org, TimeEntry.id == pending.id)
        await session.execute(stands.values(approval_status=ApprovalStatus.PENDING))
    other = await desk.do(EXPORT, **said(desk, elsewhere, key="other"))

    answer = await desk.do(RETRY, **wish(batch))

    found = {line["timeEntryId"]: (line["accepted"], line["code"], line["batch"]) for line in answer["lines"]}
    assert [line["timeEntryId"] for line in answer["lines"]] == [each.id for each in made]
    assert found[pending.id] == (False, "NOT_APPROVED", None)
    assert found[elsewhere.id] == (False, "ALREADY_EXPORTED", {"id": other["batch"]["id"]})
    assert found[good.id] == (True, None, {"id": answer["batch"]["id"]})


async def test_a_batch_of_which_nothing_can_be_retried_now_makes_no_other(desk: Desk):
    [entry] = await entries(desk, 1)
    batch = await refused(desk, entry, times=1)
    await desk.do(EXPORT, **said(desk, entry, key="other"))

    answer = await desk.do(RETRY, **wish(batch))

    assert (answer["batch"], [line["code"] for line in answer["lines"]]) == (None, ["ALREADY_EXPORTED"])


async def test_a_replay_tells_the_same_batch_in_the_same_order(desk: Desk):
    made = await entries(desk, 3)
    batch = await refused(desk, *made, times=3)
    await desk.do(EXPORT, **said(desk, made[0], key="other"))

    first = await desk.do(RETRY, **wish(batch))
    second = await desk.do(RETRY, **wish(batch))

    def codes(answer: Any) -> list[Any]:
        return [(line["timeEntryId"], line["accepted"], line["code"], line["state"]) for line in answer["lines"]]

    assert (first["replayed"], second["replayed"]) == (False, True)
    assert (second["batch"], codes(second)) == (first["batch"], codes(first))
    assert len(await rows(desk.database, desk.org, OutboundOp)) == 6


async def test_a_replay_tells_the_same_lines_whatever_became_of_the_others_meanwhile(desk: Desk):
    made = await entries(desk, 3)
    batch = await refused(desk, *made, times=2)
    first = await desk.do(RETRY, **wish(batch))
    [late] = {each.id for each in made} - {line["timeEntryId"] for line in first["lines"]}
    async with desk.database.write(desk.org) as session:
        its = update(OutboundOp).where(OutboundOp.org_id == desk.org, OutboundOp.subject_id == late)
        await session.execute(its.values(state=OpState.REJECTED))

    second = await desk.do(RETRY, **wish(batch))
    third = await desk.do(RETRY, **wish(batch, "another key"))

    assert second == first | {"replayed": True, "retriedBatch": second["retriedBatch"]}
    assert [(line["timeEntryId"], line["accepted"]) for line in third["lines"] if line["accepted"]] == [(late, True)]


async def test_a_batch_without_failed_lines_says_so(desk: Desk):
    await linked(desk)
    done = await desk.do(EXPORT, **said(desk, *await entries(desk, 1)))

    answer = await desk.do(RETRY, **wish(done["batch"]["id"]))

    assert answer["code"] == "NOTHING_TO_RETRY"


async def test_many_failed_lines_go_on_in_the_background(desk: Desk, monkeypatch: Any):
    made = await entries(desk, 3)
    batch = await refused(desk, *made, times=3)
    rung: list[str] = []
    desk.outbox.bells.append(lambda: rung.append("rung"))
    monkeypatch.setattr("resolvers.exports.MOST_LISTED", 2)

    answer = await desk.do(RETRY, **wish(batch))

    assert (answer["lines"], answer["batch"]["status"]) == ([], "RUNNING")
    assert answer["batch"]["counts"] == {"total": 3, "confirmed": 0}
    assert rung == ["rung"]


async def test_without_the_role_without_a_contract_and_across_organisations_nothing_is_retried(desk: Desk):
    [entry] = await entries(desk, 1)
    batch = await refused(desk, entry, times=1)
    other = await open_desk(desk.database, desk.sandbox)
    unlink = """mutation ($input: UnlinkProjectFromContractInput!) { unlinkProjectFromContract(input: $input) {
      __typename } }"""

    mine = await desk.do(RETRY, Role.MEMBER, **wish(batch))
    unknown = await desk.do(RETRY, **wish("exb_nowhere"))
    hidden = await other.do(RETRY, **wish(batch))
    await desk.do(unlink, projectId=desk.place.project.id)
    nowhere_to_go = await desk.do(RETRY, **wish(batch))

    assert mine["code"] == "FORBIDDEN"
    assert unknown["code"] == "EXPORT_BATCH_NOT_FOUND"
    assert hidden == unknown | {"message": unknown["message"].replace("exb_nowhere", batch)}
    assert nowhere_to_go["code"] == "CONTRACT_NOT_LINKED"
    await other.leave()
