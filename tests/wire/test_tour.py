"""The tour: every step against a real server and a real PSA, and the page that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.organizations import Role
from db.session import Database
from schema.tour.pages import page
from schema.tour.playing import STEPS
from tests import given
from tests.outbox.stage import contract_of
from tests.psa_sandbox import ROOT
from tests.wire.serving import command, connect, token

if TYPE_CHECKING:
    from tests.given import Workplace
    from tests.psa_sandbox import Sandbox
    from tests.wire.serving import ServerProcess


@pytest.fixture(scope="module")
async def place(database_url: str, sandbox: Sandbox) -> Workplace:
    """Store an organisation and make it a tenant of the sandbox."""
    database = Database(database_url)
    made = await given.workplace(database)
    key = _key(made)
    ticket = {"id": f"{made.org}-t-1", "number": "ACM-101", "title": "Printer on fire", "clientId": made.client.id}
    await sandbox.seed(
        made.org, key, clients=[{"id": made.client.id, "name": made.client.name}], tickets=[ticket],
        users=[{"id": user.id, "email": user.email} for user in made.users.values()],
        contracts=[contract_of(made.org, 1) | {"clientId": made.client.id}],
    )  # fmt: skip
    await connect(database, made, sandbox.base_url, key)
    await database.close()
    return made


async def test_every_step_goes_as_it_should(server: ServerProcess, place: Workplace):
    code, said = await _tour(server, place)

    assert (code, f"All {len(STEPS)} steps went as they should." in said) == (0, True), said


async def test_a_step_that_does_not_ends_the_tour(server: ServerProcess, place: Workplace):
    code, said = await _tour(server, place, shown="wrong")

    assert code == 1
    assert "401" in said
    assert "1. Who am I?" in said
    assert "2." not in said


async def test_without_a_server_the_tour_says_so(place: Workplace):
    code, said = await _tour("http://127.0.0.1:9", place)

    assert code == 1
    assert "does not answer" in said


def test_the_page_is_the_tour():
    assert (ROOT / "docs" / "tour.md").read_text("utf-8") == page()


def _key(place: Workplace) -> str:
    return f"canary-integration-key-of-{place.org}"


async def _tour(server: ServerProcess | str, place: Workplace, shown: str | None = None) -> tuple[int, str]:
    url = server if isinstance(server, str) else server.url
    known = {"TOKEN": shown or token(place.org, place.users[Role.OWNER]), "INTEGRATION_KEY": _key(place)}
    return await command("tour", "--url", url, env=known)
