"""Every mutation that takes an idempotency key: twins at the same moment, replays, and another wish under the key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from db.base import new_id
from db.escalations.tables import Escalation
from db.exports.tables import ExportBatch
from db.ledger.tables import OpKind, OutboundOp
from db.organizations import Role
from db.projects.tables import Project
from db.tasks.tables import Task
from db.time_entries.tables import TimeEntry
from schema.roots import build
from tests import given
from tests.acting import rows
from tests.graphql.test_exports import EXPORT, entries, linked, said
from tests.graphql.test_retries import REFUSAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.base import Base
    from tests.asking import Desk

TWINS = 12


@dataclass(frozen=True)
class Wished:
    """What is wished twice: the input, another input, what it makes, and the field of the payload that shows it."""

    input: dict[str, Any]
    other: dict[str, Any]
    makes: type[Base]
    shows: str
    facts: dict[str, Any] | None = None


async def export(desk: Desk) -> Wished:
    await linked(desk)
    made = await entries(desk, 3)
    ids = [each.id for each in made]
    wish = {"projectId": desk.place.project.id, "timeEntryIds": ids}
    return Wished(wish, wish | {"timeEntryIds": ids[:1]}, ExportBatch, "batch")


async def retry(desk: Desk) -> Wished:
    await linked(desk)
    await desk.sandbox.faults(REFUSAL | {"times": 2})
    failed = [await desk.do(EXPORT, **said(desk, *await entries(desk, 1), key=new_id("key"))) for _ in range(2)]
    first, second = ({"batchId": each["batch"]["id"]} for each in failed)
    return Wished(first, second, ExportBatch, "batch")


async def void(desk: Desk) -> Wished:
    await linked(desk)
    answer = await desk.do(EXPORT, **said(desk, *await entries(desk, 1), key=new_id("key")))
    document = "query ($id: ID!) { exportBatch(id: $id) { lines { nodes { id } } } }"
    (line,) = (await desk.ask(document, id=answer["batch"]["id"]))["lines"]["nodes"]
    wish = {"exportLineId": line["id"], "reason": "Wrong client"}
    return Wished(wish, wish | {"reason": "Wrong day"}, OutboundOp, "exportLine", {"kind": OpKind.VOID})


async def escalate(desk: Desk) -> Wished:
    task = given.task(desk.place.project)
    await given.stored(desk.database, task)
    wish = {"taskId": task.id, "subject": "Mail stopped", "priority": "HIGH", "description": "Nothing arrives."}
    return Wished(wish, wish | {"subject": "Mail"}, Escalation, "escalation")


async def log_time(desk: Desk) -> Wished:
    wish = {"projectId": desk.place.project.id, "hours": "1.50"}
    return Wished(wish, wish | {"hours": "1.51"}, TimeEntry, "timeEntry")


async def create_project(desk: Desk) -> Wished:
    wish = {"name": "Once", "clientId": desk.place.client.id}
    return Wished(wish, wish | {"name": "Twice"}, Project, "project")


async def create_task(desk: Desk) -> Wished:
    wish = {"projectId": desk.place.project.id, "name": "Once"}
    return Wished(wish, wish | {"name": "Twice"}, Task, "task")


WISHES: dict[str, Callable[[Desk], Awaitable[Wished]]] = {
    "exportTimeEntries": export, "retryExport": retry, "voidExport": void, "escalateTask": escalate,
    "logTime": log_time, "createProject": create_project, "createTask": create_task,
}  # fmt: skip


def document(mutation: str, shows: str) -> str:
    stem = mutation[0].upper() + mutation[1:]
    return f"""mutation ($input: {stem}Input!) {{ {mutation}(input: $input) {{
      ... on {stem}Payload {{ replayed {shows} {{ id }} }} ... on ProjectsError {{ code message }} }} }}"""


async def effects(desk: Desk, wished: Wished) -> int:
    return len(await rows(desk.database, desk.org, wished.makes, **(wished.facts or {})))


def test_no_mutation_that_takes_a_key_is_forgotten() -> None:
    fields: dict[str, Any] = build()._schema.mutation_type.fields  # type: ignore[union-attr]

    takes = {name for name, field in fields.items() if "idempotencyKey" in field.args["input"].type.of_type.fields}

    assert takes == set(WISHES)


@pytest.mark.parametrize("mutation", WISHES)
async def test_twins_at_the_same_moment_have_one_effect_and_hear_the_same(desk: Desk, mutation: str):
    wished = await WISHES[mutation](desk)
    before, text = await effects(desk, wished), document(mutation, wished.shows)
    wish = wished.input | {"idempotencyKey": "twins"}

    answers = await asyncio.gather(*(desk.do(text, **wish) for _ in range(TWINS)))

    assert await effects(desk, wished) == before + 1
    assert len({answer[wished.shows]["id"] for answer in answers}) == 1
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * (TWINS - 1)


@pytest.mark.parametrize("mutation", WISHES)
async def test_a_replay_changes_nothing_and_another_wish_is_refused(desk: Desk, mutation: str):
    wished = await WISHES[mutation](desk)
    before, text = await effects(desk, wished), document(mutation, wished.shows)
    key = {"idempotencyKey": "key"}

    first = await desk.do(text, **wished.input, **key)
    again = await desk.do(text, **wished.input, **key)
    other = await desk.do(text, **wished.other, **key)
    stranger = await desk.do(text, Role.ADMIN, **wished.input, **key)

    assert again == first | {"replayed": True}
    assert (other["code"], stranger["code"]) == ("IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_KEY_REUSED")
    assert await effects(desk, wished) == before + 1


@pytest.mark.parametrize("mutation", WISHES)
async def test_two_wishes_under_one_key_at_the_same_moment_one_is_refused(desk: Desk, mutation: str):
    wished = await WISHES[mutation](desk)
    before, text = await effects(desk, wished), document(mutation, wished.shows)
    both = [wished.input | {"idempotencyKey": "key"}, wished.other | {"idempotencyKey": "key"}]

    answers = await asyncio.gather(*(desk.do(text, **each) for each in both))

    refused = [answer["code"] for answer in answers if "code" in answer]
    assert refused == ["IDEMPOTENCY_KEY_REUSED"]
    assert await effects(desk, wished) == before + 1


@pytest.mark.parametrize("mutation", WISHES)
async def test_a_key_of_another_mutation_is_refused_too(desk: Desk, mutation: str):
    other = "logTime" if mutation != "logTime" else "createTask"
    foreign, wished = await WISHES[other](desk), await WISHES[mutation](desk)
    before = await effects(desk, wished)
    await desk.do(document(other, foreign.shows), **foreign.input, idempotencyKey="key")
    between = await effects(desk, wished)

    answer = await desk.do(document(mutation, wished.shows), **wished.input, idempotencyKey="key")

    assert answer["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await effects(desk, wished) == between
    assert between == before
