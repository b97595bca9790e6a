"""Many at the same moment, over HTTP: one key makes one batch, and two who want the same are told who has it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from db.exports.tables import ExportBatch
from db.organizations import Role
from db.session import Database
from tests import given
from tests.acting import rows
from tests.outbox.stage import contract_of
from tests.wire.serving import connect, served, settings, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from db.time_entries.tables import TimeEntry
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox

TWINS = 50
EXPORT = """mutation ($input: ExportTimeEntriesInput!) { exportTimeEntries(input: $input) {
  __typename
  ... on ExportTimeEntriesPayload {
    replayed batch { id status counts { total } } lines { timeEntryId accepted state code batch { id } }
  }
  ... on ProjectsError { code message }
} }"""


@dataclass(frozen=True)
class Office:
    """An organisation with a linked project, its PSA, and the application's door."""

    http: httpx2.AsyncClient
    database: Database
    sandbox: Sandbox
    place: Workplace
    entries: list[TimeEntry]

    async def export(self, key: str, entries: list[TimeEntry], role: Role = Role.OWNER) -> dict[str, Any]:
        """Post an export of entries and return what it answers."""
        chosen = {"timeEntryIds": [each.id for each in entries]}
        wish = {"projectId": self.place.project.id, "idempotencyKey": key} | chosen
        headers = {"authorization": f"Bearer {token(self.place.org, self.place.users[role])}"}
        body = {"query": EXPORT, "variables": {"input": wish}}
        answer = await self.http.post("/graphql", json=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["exportTimeEntries"]

    async def kept(self) -> int:
        """Count what the PSA has."""
        return len(await self.sandbox.time_entries(self.place.org))


@asynccontextmanager
async def office(url: str, sandbox: Sandbox, **chosen: Any) -> AsyncIterator[Office]:
    """Open one, with four approved entries."""
    database = Database(url)
    place = await given.workplace(database)
    contract = f"{place.org}-k-1"
    link = given.contract_link(place.project, place.users[Role.OWNER], psa_contract_id=contract)
    worked = [given.time_entry(place.project, place.users[Role.MEMBER]) for _ in range(4)]
    await given.stored(database, link, *worked)
    key = f"key-of-{place.org}-long"
    users = [{"id": user.id, "email": user.email} for user in place.users.values()]
    client = {"id": "c-1", "name": "Harbor Dental"}
    await sandbox.seed(place.org, key, users=users, clients=[client], contracts=[contract_of(place.org, 1)])
    await connect(database, place, sandbox.base_url, key)
    async with served(settings(url, **chosen)) as http:
        yield Office(http, database, sandbox, place, worked)
    await database.close()


@pytest.mark.timeout(120)
async def test_fifty_calls_with_one_key_make_one_batch(database_url: str, sandbox: Sandbox):
    async with office(database_url, sandbox) as it:
        answers = await asyncio.gather(*(it.export("one", it.entries) for _ in range(TWINS)))

        batches = await rows(it.database, it.place.org, ExportBatch)
        kept = await it.kept()

    assert {answer["batch"]["id"] for answer in answers} == {batch.id for batch in batches}
    assert (len(batches), kept) == (1, len(it.entries))
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * (TWINS - 1)
    assert {line["state"] for answer in answers for line in answer["lines"]} == {"CONFIRMED"}


@pytest.mark.timeout(120)
async def test_of_two_exports_of_the_same_entries_one_wins_and_the_other_is_told_who_has_them(
    database_url: str, sandbox: Sandbox
):
    async with office(database_url, sandbox) as it:
        answers = await asyncio.gather(it.export("one", it.entries), it.export("two", it.entries[::-1], Role.MANAGER))
        kept = await it.kept()

    winner, loser = sorted(answers, key=lambda answer: answer["batch"] is None)
    assert (loser["batch"], winner["batch"]["counts"]["total"]) == (None, len(it.entries))
    assert [line["state"] for line in winner["lines"]] == ["CONFIRMED"] * len(it.entries)
    for line in loser["lines"]:
        assert line["accepted"] is False
        assert line["code"] in ("EXPORT_IN_PROGRESS", "ALREADY_EXPORTED")
        assert line["batch"] == {"id": winner["batch"]["id"]}
    assert kept == len(it.entries)


@pytest.mark.timeout(120)
async def test_of_two_exports_that_overlap_each_has_what_the_other_has_not(database_url: str, sandbox: Sandbox):
    async with office(database_url, sandbox) as it:
        one, two = await asyncio.gather(it.export("one", it.entries[:3]), it.export("two", it.entries[1:]))
        kept = await it.kept()

    taken = {
        line["timeEntryId"]: each["batch"]["id"] for each in (one, two) for line in each["lines"] if line["accepted"]
    }
    refused = [line for each in (one, two) for line in each["lines"] if not line["accepted"]]
    assert taken.keys() == {each.id for each in it.entries}
    assert len(refused) == 2
    assert all(line["batch"]["id"] == taken[line["timeEntryId"]] for line in refused)
    assert kept == len(it.entries)
