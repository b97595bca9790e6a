"""A mutation that was begun is finished, whether or not anybody still waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from db.organizations import Role
from db.session import Database
from tests import given
from tests.wire.serving import connect, served, settings, token

if TYPE_CHECKING:
    from tests.psa_sandbox import Sandbox

CREATE = """mutation Create($input: CreateProjectInput!) {
  createProject(input: $input) { __typename ... on ProjectsError { message } }
}"""
FIND = """{ projects(filter: {search: "Gone client"}) { nodes { name } } }"""


async def test_a_mutation_is_finished_when_its_client_has_gone(database_url: str, sandbox: Sandbox):
    database = Database(database_url)
    place = await given.workplace(database)
    client = {"id": place.client.id, "name": place.client.name}
    await sandbox.seed(place.org, f"key-of-{place.org}-long", clients=[client], settings={"latencyMs": 300})
    await connect(database, place, sandbox.base_url, f"key-of-{place.org}-long")
    headers = {"authorization": f"Bearer {token(place.org, place.users[Role.OWNER])}"}
    body = {"query": CREATE, "variables": {"input": {"name": "Gone client", "clientId": place.client.id}}}

    async with served(settings(database_url)) as http:
        asked = asyncio.create_task(http.post("/graphql", json=body, headers=headers))
        async with asyncio.timeout(10):
            while not await sandbox.log(place.org):
                await asyncio.sleep(0.01)
        asked.cancel()
        found = []
        async with asyncio.timeout(10):
            while not found:
                answer = await http.post("/graphql", json={"query": FIND}, headers=headers)
                found = answer.json()["data"]["projects"]["nodes"]

    assert asked.cancelled()
    assert found == [{"name": "Gone client"}]
    await database.close()
