"""Subscriptions over a real socket to a real server: what moves is told, wherever it was moved."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from sqlalchemy import delete, update

from db.activity import ActivityKind, record
from db.ledger.settlements import PARKED
from db.ledger.tables import OpState, OutboundOp
from db.organizations import Role
from db.projects.tables import ProjectMember
from tests import given
from tests.outbox.stage import set_stage
from tests.psa_sandbox import KEY
from tests.wire.serving import connect, server_process, token
from tests.wire.talking import close_code, event, events, heard, opened, subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from tests.outbox.stage import Stage
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess

PROGRESS = """subscription ($id: ID!) { exportBatchProgress(id: $id) {
  id status counts { total pending confirmed } finishedAt lines(first: 2) { nodes { state } }
} }"""
ACTIVITY = "subscription ($id: ID!) { projectActivity(projectId: $id) { kind summary project { id } } }"
EXPORT = """mutation ($input: ExportTimeEntriesInput!) { exportTimeEntries(input: $input) {
  ... on ExportTimeEntriesPayload { batch { id } }
} }"""

HELLO = "hello"


@pytest.fixture
async def stage(database: Database, sandbox: Sandbox) -> AsyncIterator[Stage]:
    """Store an organisation with a PSA that takes its time."""
    made = await set_stage(database, sandbox, latencyMs=150)
    await connect(database, made.place, sandbox.base_url, f"{KEY}-{made.place.org}")
    yield made
    await made.close()


async def test_a_batch_is_followed_from_how_it_stands_to_its_end(server: ServerProcess, stage: Stage):
    batch_id = await _exported(server, stage, 6)

    async with opened(server, stage.place) as socket:
        await subscribe(socket, PROGRESS, id=batch_id)
        seen = await events(socket)

    confirmed = [each["counts"]["confirmed"] for each in seen]
    assert {each["id"] for each in seen} == {batch_id}
    assert (seen[0]["status"], len(seen) > 2) == ("RUNNING", True)
    assert confirmed == sorted(confirmed)
    assert (seen[-1]["status"], seen[-1]["counts"]) == ("SUCCEEDED", {"total": 6, "pending": 0, "confirmed": 6})
    assert seen[-1]["finishedAt"] is not None
    assert len({str(each) for each in seen}) == len(seen), "an event that says nothing new"


async def test_a_batch_that_has_ended_is_told_once(server: ServerProcess, stage: Stage):
    batch_id = await _exported(server, stage, 1)
    await stage.until_done()

    async with opened(server, stage.place) as socket:
        await subscribe(socket, PROGRESS, id=batch_id)
        seen = await events(socket)

    assert [each["status"] for each in seen] == ["SUCCEEDED"]


async def test_who_comes_back_is_told_how_it_stands(server: ServerProcess, stage: Stage):
    batch_id = await _exported(server, stage, 8)

    async with opened(server, stage.place) as socket:
        await subscribe(socket, PROGRESS, id=batch_id)
        first = await event(socket)
    await _until_confirmed(stage, 3)
    async with opened(server, stage.place) as socket:
        await subscribe(socket, PROGRESS, id=batch_id)
        seen = await events(socket)

    assert first["counts"]["confirmed"] < 3
    assert seen[0]["counts"]["confirmed"] >= 3
    assert seen[-1]["status"] == "SUCCEEDED"


async def test_what_another_process_settles_is_told_too(server: ServerProcess, stage: Stage):
    requested = await stage.export(await stage.entries(2))
    await _settle(stage, requested.op_ids, not_before=PARKED)

    async with opened(server, stage.place) as socket:
        await subscribe(socket, PROGRESS, id=requested.batch.id)  # type: ignore[union-attr]
        begun = await event(socket)
        for op_id in requested.op_ids:
            await _settle(stage, [op_id], state=OpState.CONFIRMED, settled_at=datetime.now(UTC))
        seen = await events(socket)

    assert begun["counts"] == {"total": 2, "pending": 2, "confirmed": 0}
    assert seen[-1]["counts"] == {"total": 2, "pending": 0, "confirmed": 2}


async def test_a_timeline_tells_what_happens_from_now_on_in_its_project(server: ServerProcess, stage: Stage):
    other = given.project(stage.place.organization, stage.place.users[Role.OWNER])
    await given.stored(stage.database, other)
    await _happened(stage, "before")

    async with opened(server, stage.place) as socket:
        await subscribe(socket, ACTIVITY, id=stage.place.project.id)
        await _followed(stage, socket)
        await _happened(stage, "elsewhere", project=other)
        await _happened(stage, "first")
        await _happened(stage, "second")
        seen = [await _news(socket), await _news(socket)]

    assert [each["summary"] for each in seen] == ["first", "second"]
    assert {each["project"]["id"] for each in seen} == {stage.place.project.id}


@pytest.mark.parametrize(("document", "code"), [(PROGRESS, "EXPORT_BATCH_NOT_FOUND"), (ACTIVITY, "PROJECT_NOT_FOUND")])
async def test_what_the_caller_does_not_see_is_not_there(
    server: ServerProcess, stage: Stage, sandbox: Sandbox, document: str, code: str
):
    theirs = await set_stage(stage.database, sandbox)
    requested = await theirs.export(await theirs.entries(1))
    hidden = {PROGRESS: requested.batch.id, ACTIVITY: theirs.place.project.id}[document]  # type: ignore[union-attr]

    refusals = []
    async with opened(server, stage.place) as socket:
        for id_ in (hidden, "nothing"):
            await subscribe(socket, document, id=id_)
            refusals.append(await heard(socket))
    await theirs.close()

    assert [said["type"] for said in refusals] == ["error"] * 2
    assert [said["payload"][0]["extensions"]["code"] for said in refusals] == [code] * 2


async def test_who_loses_the_project_hears_no_more_of_it(server: ServerProcess, stage: Stage):
    member = stage.place.users[Role.MEMBER]

    async with opened(server, stage.place, role=Role.MEMBER) as socket:
        await subscribe(socket, ACTIVITY, id=stage.place.project.id)
        await _followed(stage, socket)
        async with stage.database.write(stage.place.org) as session:
            await session.execute(delete(ProjectMember).where(ProjectMember.user_id == member.id))
        await _happened(stage, "secret")
        seen = await events(socket)

    assert "secret" not in {each["summary"] for each in seen}


async def test_a_socket_ends_with_its_session(server: ServerProcess, stage: Stage):
    soon = datetime.now(UTC) - timedelta(seconds=27)  # there are 30 of leeway
    shown = token(stage.place.org, stage.place.users[Role.OWNER], soon)

    async with opened(server, stage.place, shown) as socket:
        await subscribe(socket, ACTIVITY, id=stage.place.project.id)
        async with asyncio.timeout(3 + 5):
            code = await close_code(socket)

    assert code == 4403


async def test_a_socket_carries_twenty_subscriptions_and_no_more(server: ServerProcess, stage: Stage):
    async with opened(server, stage.place) as socket:
        for number in range(21):
            await subscribe(socket, ACTIVITY, str(number), id=stage.place.project.id)
        refused = await heard(socket)

    assert (refused["id"], refused["type"]) == ("20", "error")
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"


async def test_a_server_that_is_told_to_stop_says_so_and_does_not_wait(database_url: str, stage: Stage):
    async with server_process(database_url) as server, opened(server, stage.place) as socket:
        await subscribe(socket, ACTIVITY, id=stage.place.project.id)
        async with asyncio.timeout(10):
            await server.stop(signal.SIGTERM)
        code = await close_code(socket)

    assert code == 1012


async def _exported(server: ServerProcess, stage: Stage, entries: int) -> str:
    """Let everything be exported in the background; return the batch."""
    await stage.entries(entries)
    owner = {"authorization": f"Bearer {token(stage.place.org, stage.place.users[Role.OWNER])}"}
    wish = {"projectId": stage.place.project.id, "allEligible": True, "idempotencyKey": "all"}
    async with httpx2.AsyncClient(headers=owner, timeout=30) as client:
        body = {"query": EXPORT, "variables": {"input": wish}}
        answer = (await client.post(f"{server.url}/graphql", json=body)).json()
    return answer["data"]["exportTimeEntries"]["batch"]["id"]


async def _until_confirmed(stage: Stage, lines: int) -> None:
    async with asyncio.timeout(30):
        while (await stage.states()).count("CONFIRMED") < lines:
            await asyncio.sleep(0.05)


async def _settle(stage: Stage, op_ids: Any, **values: Any) -> None:
    async with stage.database.write(stage.place.org) as session:
        await session.execute(update(OutboundOp).where(OutboundOp.id.in_(op_ids)).values(values))


async def _happened(stage: Stage, summary: str, project: Any = None) -> None:
    async with stage.database.write(stage.place.org) as session:
        record(
            session, None, project or stage.place.project, datetime.now(UTC), summary=summary,
            kind=ActivityKind.TASK_UPDATED,
        )  # fmt: skip


async def _followed(stage: Stage, socket: Any) -> None:
    """Wait until a subscription has begun: what happens is told, once it has."""
    async with asyncio.timeout(20):
        while True:
            await _happened(stage, HELLO)
            try:
                async with asyncio.timeout(2):
                    await event(socket)
            except TimeoutError:
                continue
            return


async def _news(socket: Any) -> Any:
    """Hear what happened after that."""
    while (said := await event(socket))["summary"] == HELLO:
        pass
    return said
