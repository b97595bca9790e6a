"""Projects are linked to contracts: a snapshot, one at a time, history kept (domain 8.1)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db import contracts
from db.activity import ActivityEvent
from db.contracts import ContractFacts, ContractLink
from db.organizations import Role
from db.refusals import ClientMismatch, ContractNotLinked, Forbidden
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW, TODAY

if TYPE_CHECKING:
    from db.session import Database

LATER = NOW + timedelta(days=1)


def contract_of(place: given.Workplace, **facts: object) -> ContractFacts:
    return given.contract(**({"psa_client_id": place.client.id} | facts))


async def test_a_link_keeps_what_the_contract_was(database: Database):
    place = await given.workplace(database)
    contract = contract_of(place, end_date=TODAY)

    await does(database, place.viewer(Role.MANAGER), contracts.link, place.project.id, contract, now=NOW)

    [link] = await rows(database, place.org, ContractLink)
    assert (link.contract_number, link.end_date, link.snapshot_at) == (contract.contract_number, TODAY, NOW)
    assert link.linked_by_id == place.users[Role.MANAGER].id


async def test_linking_the_same_contract_again_takes_a_new_snapshot_in_the_same_row(database: Database):
    place = await given.workplace(database)
    contract = contract_of(place)
    renumbered = contract_of(place, psa_contract_id=contract.psa_contract_id, contract_number="C-NEW")

    first = await does(database, place.viewer(), contracts.link, place.project.id, contract, now=NOW)
    await does(database, place.viewer(), contracts.link, place.project.id, renumbered, now=LATER)

    [link] = await rows(database, place.org, ContractLink)
    assert (link.id, link.contract_number, link.linked_at, link.snapshot_at) == (first.id, "C-NEW", NOW, LATER)
    assert await kinds(database, place.org) == ["CONTRACT_LINKED", "CONTRACT_RELINKED"]


async def test_another_contract_closes_the_old_link_and_opens_a_new_one(database: Database):
    place = await given.workplace(database)

    await does(database, place.viewer(), contracts.link, place.project.id, contract_of(place), now=NOW)
    await does(database, place.viewer(), contracts.link, place.project.id, contract_of(place), now=LATER)

    old, new = await rows(database, place.org, ContractLink)
    assert (old.unlinked_at, old.unlinked_by_id) == (LATER, place.users[Role.OWNER].id)
    assert (new.linked_at, new.unlinked_at) == (LATER, None)
    told = [
        (event.kind.value, event.details["psa_contract_id"]) for event in await rows(database, place.org, ActivityEvent)
    ]
    assert told == [
        ("CONTRACT_LINKED", old.psa_contract_id), ("CONTRACT_UNLINKED", old.psa_contract_id),
        ("CONTRACT_LINKED", new.psa_contract_id),
    ]  # fmt: skip


async def test_two_replacements_at_the_same_moment_leave_one_link_open(database: Database):
    place = await given.workplace(database)
    several = [contract_of(place) for _ in range(4)]

    await asyncio.gather(
        *(does(database, place.viewer(), contracts.link, place.project.id, contract, now=NOW) for contract in several)
    )

    links = await rows(database, place.org, ContractLink)
    assert [link.unlinked_at for link in links].count(None) == 1


async def test_another_clients_contract_takes_an_explicit_word(database: Database):
    place = await given.workplace(database)
    foreign = given.contract(psa_client_id="cl_other")

    with pytest.raises(ClientMismatch) as refused:
        await does(database, place.viewer(), contracts.link, place.project.id, foreign, now=NOW)
    link = await does(
        database, place.viewer(), contracts.link, place.project.id, foreign, now=NOW, allow_client_mismatch=True
    )

    assert refused.value.contract_client_id == "cl_other"
    assert link.psa_client_id == "cl_other"


async def test_an_internal_project_may_be_linked_to_any_clients_contract(database: Database):
    place = await given.workplace(database, client_id=None)

    link = await does(database, place.viewer(), contracts.link, place.project.id, given.contract(), now=NOW)

    assert link.unlinked_at is None


async def test_a_link_is_closed_and_then_there_is_none(database: Database):
    place = await given.workplace(database)
    await does(database, place.viewer(), contracts.link, place.project.id, contract_of(place), now=NOW)

    closed = await does(database, place.viewer(), contracts.unlink, place.project.id, now=LATER)
    with pytest.raises(ContractNotLinked) as refused:
        await does(database, place.viewer(), contracts.unlink, place.project.id, now=LATER)

    assert closed.unlinked_at == LATER
    assert await kinds(database, place.org) == ["CONTRACT_LINKED", "CONTRACT_UNLINKED"]
    assert (refused.value.project_id, refused.value.client_id) == (place.project.id, place.client.id)


async def test_members_link_no_contracts(database: Database):
    place = await given.workplace(database)

    with pytest.raises(Forbidden):
        await does(database, place.viewer(Role.MEMBER), contracts.link, place.project.id, contract_of(place), now=NOW)
