"""Exporting exactly what a preview showed, or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from db.exports.tables import ExportBatch
from db.organizations import Role
from db.tickets import TicketLink
from tests import given
from tests.acting import rows
from tests.graphql.test_exports import EXPORT, entries, linked, said
from tests.graphql.test_previews import preview
from tests.graphql.test_voids import EDIT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.time_entries.tables import TimeEntry
    from tests.asking import Desk

REJECT = """mutation ($input: RejectTimeEntriesInput!) { rejectTimeEntries(input: $input) { __typename } }"""
RELINK = """mutation ($input: LinkProjectToContractInput!) { linkProjectToContract(input: $input) { __typename } }"""


async def edited(desk: Desk, entry: TimeEntry) -> None:
    await desk.do(EDIT, timeEntryId=entry.id, description="Off site")


async def rejected(desk: Desk, entry: TimeEntry) -> None:
    await desk.do(REJECT, timeEntryIds=[entry.id], reason="No")


async def exported(desk: Desk, entry: TimeEntry) -> None:
    await desk.do(EXPORT, **said(desk, entry, key="other"))


async def relinked(desk: Desk, _entry: TimeEntry) -> None:
    link = {"projectId": desk.place.project.id, "contractId": desk.contract(2), "allowClientMismatch": True}
    await desk.do(RELINK, **link)


async def unticketed(desk: Desk, _entry: TimeEntry) -> None:
    async with desk.database.write(desk.org) as session:
        await session.execute(delete(TicketLink).where(TicketLink.org_id == desk.org))


async def ticketed(desk: Desk, **facts: Any) -> list[TimeEntry]:
    task = given.task(desk.place.project)
    link = given.ticket_link(task, desk.place.users[Role.OWNER], psa_ticket_id=f"{desk.org}-t-1", newest=True)
    await given.stored(desk.database, task, link)
    return await entries(desk, 2, task_id=task.id, **facts)


async def test_what_the_preview_showed_is_sent(desk: Desk):
    await linked(desk)
    made = await entries(desk, 2)
    shown = await preview(desk, ids=[each.id for each in made])

    answer = await desk.do(EXPORT, **said(desk, *reversed(made), expectFingerprint=shown["fingerprint"]))

    assert [line["state"] for line in answer["lines"]] == ["CONFIRMED"] * 2


async def test_all_that_is_eligible_can_be_expected_too(desk: Desk):
    await linked(desk)
    await entries(desk, 2)
    shown = await preview(desk)
    everything = {"timeEntryIds": None, "allEligible": True, "expectFingerprint": shown["fingerprint"]}

    answer = await desk.do(EXPORT, **said(desk, **everything))
    await entries(desk, 1)
    later = await desk.do(EXPORT, **said(desk, **everything, key="later"))

    assert answer["batch"]["counts"]["total"] == 2
    assert later["code"] == "PREVIEW_STALE"


@pytest.mark.parametrize("change", [edited, rejected, exported, relinked, unticketed])
async def test_when_something_has_changed_since_nothing_is_sent(
    desk: Desk, change: Callable[[Desk, TimeEntry], Awaitable[None]]
):
    await linked(desk)
    made = await ticketed(desk)
    shown = await preview(desk, ids=[each.id for each in made])
    await change(desk, made[0])
    before = len(await rows(desk.database, desk.org, ExportBatch))
    document = EXPORT.replace("code message retryable", "code message hint")

    refused = await desk.do(document, **said(desk, *made, expectFingerprint=shown["fingerprint"]))
    again = await preview(desk, ids=[each.id for each in made])
    allowed = await desk.do(EXPORT, **said(desk, *made, expectFingerprint=again["fingerprint"]))

    assert (refused["__typename"], refused["code"]) == ("PreviewStaleError", "PREVIEW_STALE")
    assert "exportPreview" in refused["hint"]
    assert allowed["batch"] is not None
    assert len(await rows(desk.database, desk.org, ExportBatch)) == before + 1


async def test_of_two_who_saw_the_same_preview_one_sends_it(desk: Desk):
    await linked(desk)
    made = await entries(desk, 2)
    shown = await preview(desk, ids=[each.id for each in made])

    answers = await asyncio.gather(
        *(
            desk.do(EXPORT, **said(desk, *made, key=key, expectFingerprint=shown["fingerprint"]))
            for key in ("one", "two")
        )
    )

    assert sorted(answer["__typename"] for answer in answers) == ["ExportTimeEntriesPayload", "PreviewStaleError"]
    assert len(await desk.sandbox.time_entries(desk.org)) == 2


async def test_a_replay_is_no_new_look(desk: Desk):
    await linked(desk)
    made = await entries(desk, 1)
    shown = await preview(desk, ids=[made[0].id])
    wish = said(desk, *made, expectFingerprint=shown["fingerprint"])

    first = await desk.do(EXPORT, **wish)
    second = await desk.do(EXPORT, **wish)
    other = await desk.do(EXPORT, **(wish | {"expectFingerprint": None}))

    assert (second["batch"]["id"], second["replayed"]) == (first["batch"]["id"], True)
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"
