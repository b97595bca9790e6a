"""Who is let in: sessions and integration keys, remembered for five seconds, and one answer for everybody else."""

from __future__ import annotations

from asyncio import CancelledError, create_task, gather, sleep
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from db.organizations import Role
from psa.hub import SessionClaims, issue_token, local_key
from resolvers.viewers import Unauthenticated, Viewers, integration_key, session
from tests import given
from tests.wire.serving import HUB, VAULT, connect, token

if TYPE_CHECKING:
    from tests.wire.serving import Front

VIEWER = "{ viewer { name role organization { id } } }"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


async def test_a_session_says_who_is_asking(door: Front):
    answer = await door.ask(VIEWER)

    owner = door.place.users[Role.OWNER]
    assert answer.json()["data"]["viewer"] == {
        "name": owner.name, "role": "OWNER", "organization": {"id": door.place.org},
    }  # fmt: skip


async def test_an_integration_key_reads_as_its_organisation_and_changes_nothing(door: Front):
    body = {"query": "{ viewer { id } projects { nodes { id } } }"}
    order = """mutation($id: ID!) { archiveProject(input: {projectId: $id}) {
        __typename ... on ProjectsError { code retryable } } }"""
    change = {"query": order, "variables": {"id": door.place.project.id}}

    read = await door.client.post("/graphql", json=body, headers={"x-integration-key": door.key})
    written = await door.client.post("/graphql", json=change, headers={"x-integration-key": door.key})

    assert read.json()["data"] == {"viewer": None, "projects": {"nodes": [{"id": door.place.project.id}]}}
    assert written.json() == {
        "data": {"archiveProject": {"__typename": "ForbiddenError", "code": "FORBIDDEN", "retryable": False}}
    }
    kept = await door.ask("query($id: ID!) { project(id: $id) { archivedAt } }", id=door.place.project.id)
    assert kept.json()["data"] == {"project": {"archivedAt": None}}


def _wrong(door: Front) -> list[dict[str, str]]:
    owner = door.place.users[Role.OWNER]
    claims = SessionClaims(owner.id, door.place.org, "OWNER", owner.name, owner.email, datetime.now(UTC))
    later = replace(claims, expires_at=datetime.now(UTC) + timedelta(hours=1))
    strange = issue_token(local_key("another-key-another-key-another-key"), later, datetime.now(UTC))
    expired = token(door.place.org, owner, datetime.now(UTC) - timedelta(minutes=1))
    nowhere = issue_token(HUB, replace(later, org_id="org_nowhere"), datetime.now(UTC))
    billing = issue_token(HUB, replace(later, role="BILLING"), datetime.now(UTC))
    good = token(door.place.org, owner)
    bearers = [strange, expired, nowhere, billing, good[:-3], good + "x", "x", "", "a b", "\x7f", "x" * 20_000]
    keys = ["wrong-key-wrong-key", door.key[:-1], door.key + "x", "", "x" * 10_000]
    return [
        {}, {"authorization": good}, {"authorization": f"Basic {good}"}, {"cookie": f"hub_session={good}"},
        *({"authorization": f"Bearer {each}"} for each in bearers), *({"x-integration-key": each} for each in keys),
    ]  # fmt: skip


async def test_every_wrong_credential_gets_the_same_words(door: Front):
    answers = [await door.client.post("/graphql", json={"query": VIEWER}, headers=each) for each in _wrong(door)]

    said = {(answer.status_code, answer.json()["errors"][0]["message"]) for answer in answers}
    assert said == {(401, "A valid session token or integration key is needed.")}
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in answers} == {"UNAUTHENTICATED"}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("kind", ["session", "key"])
async def test_a_viewer_is_asked_for_once_in_five_seconds(door: Front, kind: str):
    clock = _Hands()
    viewers, statements = Viewers(door.database, HUB, VAULT, clock), _statements(door)
    owner = door.place.users[Role.OWNER]
    shown = session(token(door.place.org, owner)) if kind == "session" else integration_key(door.key)

    first = await viewers.viewer(shown)
    after_one = statements()
    second = await viewers.viewer(shown)
    after_two = statements()
    clock.now += timedelta(seconds=5.1)
    await viewers.viewer(shown)

    assert first is second
    assert after_one == after_two < statements()


async def test_a_crowd_that_shows_one_credential_is_looked_up_once(door: Front):
    shown, statements = session(token(door.place.org, door.place.users[Role.OWNER])), _statements(door)

    await Viewers(door.database, HUB, VAULT, _Hands()).viewer(shown)
    of_one = statements()
    viewers = Viewers(door.database, HUB, VAULT, _Hands())
    crowd = await gather(*(viewers.viewer(shown) for _ in range(20)))

    assert len({id(viewer) for viewer in crowd}) == 1
    assert statements() == 2 * of_one


async def test_who_leaves_the_crowd_takes_nobody_along(door: Front):
    viewers = Viewers(door.database, HUB, VAULT, _Hands())
    shown = session(token(door.place.org, door.place.users[Role.OWNER]))

    first, second = create_task(viewers.viewer(shown)), create_task(viewers.viewer(shown))
    await sleep(0)
    first.cancel()

    assert (await second).org_id == door.place.org
    with pytest.raises(CancelledError):
        await first


async def test_an_answer_that_was_under_way_when_its_key_was_changed_is_not_kept(door: Front):
    viewers, statements = Viewers(door.database, HUB, VAULT, _Hands()), _statements(door)
    shown = integration_key(door.key)

    under_way = create_task(viewers.viewer(shown))
    await sleep(0)
    viewers.forget(door.place.org)
    await under_way
    before = statements()
    await viewers.viewer(shown)

    assert statements() > before


async def test_a_session_is_not_remembered_past_its_end(door: Front):
    clock = _Hands()
    viewers = Viewers(door.database, HUB, VAULT, clock)
    shown = session(token(door.place.org, door.place.users[Role.OWNER], clock.now + timedelta(seconds=2)))

    await viewers.viewer(shown)
    clock.now += timedelta(seconds=40)

    with pytest.raises(Unauthenticated):
        await viewers.viewer(shown)


async def test_a_replaced_key_stops_at_once(door: Front):
    place = await given.workplace(door.database)
    await connect(door.database, place, "http://127.0.0.1:9", "the-first-key-of-this-place")
    old, new = {"x-integration-key": "the-first-key-of-this-place"}, {"x-integration-key": "the-second-key-of-it"}
    owner = {"authorization": f"Bearer {token(place.org, place.users[Role.OWNER])}"}
    save = """mutation { savePsaConnection(input: {integrationKey: "the-second-key-of-it"}) { __typename } }"""

    before = await door.context(place.project.id, old)
    await door.client.post("/graphql", json={"query": save}, headers=owner)
    after, renewed = await door.context(place.project.id, old), await door.context(place.project.id, new)

    assert (before.status_code, after.status_code, renewed.status_code) == (200, 401, 200)


async def test_a_new_name_or_role_in_the_token_is_kept(door: Front):
    person = door.place.users[Role.MEMBER]
    until = datetime.now(UTC) + timedelta(hours=1)
    claims = SessionClaims(person.id, door.place.org, "MANAGER", "Robin Renamed", person.email, until)
    headers = {"authorization": f"Bearer {issue_token(HUB, claims, datetime.now(UTC))}"}

    answer = await door.client.post("/graphql", json={"query": VIEWER}, headers=headers)

    assert answer.json()["data"]["viewer"]["name"] == "Robin Renamed"
    assert answer.json()["data"]["viewer"]["role"] == "MANAGER"


class _Hands:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def _statements(door: Front) -> Any:
    seen: list[str] = []
    engine = door.database._reading.sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def count(*said: Any) -> None:
        seen.append(said[2])

    return lambda: len(seen)
