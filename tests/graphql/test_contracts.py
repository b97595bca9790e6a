"""Linking projects to contracts, as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.contracts import ContractLink
from db.organizations import Role
from tests import given
from tests.acting import kinds, rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from tests.asking import Desk

LINK = """mutation ($input: LinkProjectToContractInput!) { linkProjectToContract(input: $input) {
  __typename
  ... on LinkProjectToContractPayload {
    relinked project { name contractLink { contractNumber } }
    contractLink { contractNumber contractName contractType startDate endDate clientName
      drift { changes { fact now } } }
  }
  ... on ClientMismatchError { projectClientId contractClientId hint }
  ... on ProjectsError { code message retryable }
} }"""
UNLINK = """mutation ($input: UnlinkProjectFromContractInput!) { unlinkProjectFromContract(input: $input) {
  __typename
  ... on UnlinkProjectFromContractPayload { project { contractLink { id } } contractLink { contractNumber } }
  ... on ProjectsError { code message }
} }"""
SHOWN = """query ($id: ID!) { project(id: $id) {
  contractLink { contractNumber endDate drift { changes { fact now } } } } }"""


async def test_a_project_is_linked_to_what_the_contract_is_now(desk: Desk):
    said = {"projectId": desk.place.project.id, "contractId": desk.contract(1)}

    linked = await desk.do(LINK, Role.MANAGER, **said)

    assert linked["project"] == {"name": "Office move", "contractLink": {"contractNumber": "CTR-1001"}}
    assert linked["relinked"] is False
    assert linked["contractLink"] == {
        "contractNumber": "CTR-1001", "contractName": "Contract 1", "contractType": "MANAGED_SERVICES",
        "startDate": "2026-01-01", "endDate": "2026-12-31", "clientName": "Acme", "drift": {"changes": []},
    }  # fmt: skip
    assert await kinds(desk.database, desk.org) == ["CONNECTION_SAVED", "CONTRACT_LINKED"]


async def test_a_name_that_no_database_holds_is_kept_with_a_mark_in_it_and_is_no_drift(desk: Desk):
    await desk.sandbox.change("contracts", desk.contract(1), desk.org, name="Harbor \ud83d\0")

    linked = await desk.do(LINK, projectId=desk.place.project.id, contractId=desk.contract(1))

    assert linked["contractLink"]["contractName"] == "Harbor \ufffd\ufffd"
    assert linked["contractLink"]["drift"] == {"changes": []}


async def test_a_change_in_the_psa_shows_only_after_linking_again(desk: Desk):
    said = {"projectId": desk.place.project.id, "contractId": desk.contract(1)}
    await desk.do(LINK, **said)

    await desk.sandbox.change("contracts", desk.contract(1), desk.org, number="CTR-2001", endDate="2027-12-31")
    before = await desk.ask(SHOWN, id=desk.place.project.id)
    again = await desk.do(LINK, **said)

    changes = [{"fact": "contractNumber", "now": "CTR-2001"}, {"fact": "endDate", "now": "2027-12-31"}]
    assert before["contractLink"] == {
        "contractNumber": "CTR-1001", "endDate": "2026-12-31", "drift": {"changes": changes},
    }  # fmt: skip
    assert (again["relinked"], again["contractLink"]["contractNumber"]) == (True, "CTR-2001")
    assert again["contractLink"]["drift"] == {"changes": []}
    assert len(await rows(desk.database, desk.org, ContractLink)) == 1


async def test_another_clients_contract_is_linked_only_on_purpose(desk: Desk):
    said = {"projectId": desk.place.project.id, "contractId": desk.contract(2)}

    refused = await desk.do(LINK, **said)
    allowed = await desk.do(LINK, **said, allowClientMismatch=True)

    assert (refused["code"], refused["hint"]) == (
        "CLIENT_MISMATCH",
        "If the other client really pays, say so: allowClientMismatch: true.",
    )
    assert (refused["projectClientId"], refused["contractClientId"]) == (desk.place.client.id, "c-1")
    assert allowed["contractLink"]["contractNumber"] == "CTR-1002"


async def test_another_contract_takes_the_place_of_the_one_before(desk: Desk):
    project = {"projectId": desk.place.project.id, "allowClientMismatch": True}
    await desk.do(LINK, **project, contractId=desk.contract(1))

    replaced = await desk.do(LINK, **project, contractId=desk.contract(2))

    assert (replaced["relinked"], replaced["project"]["contractLink"]["contractNumber"]) == (False, "CTR-1002")
    closed = [link.unlinked_at is not None for link in await rows(desk.database, desk.org, ContractLink)]
    assert closed == [True, False]


async def test_a_contract_that_the_psa_does_not_have_is_not_found(desk: Desk):
    refused = await desk.do(LINK, projectId=desk.place.project.id, contractId="k-nowhere")

    assert (refused["__typename"], refused["code"]) == ("ContractNotFoundError", "CONTRACT_NOT_FOUND")
    assert refused["message"] == "There is no contract k-nowhere."


async def test_an_unknown_project_and_another_organisations_get_the_same_answer(desk: Desk):
    other = await open_desk(desk.database, desk.sandbox)
    foreign = other.place.project.id

    unknown = await desk.do(LINK, projectId="prj_nowhere", contractId=desk.contract(1))
    hidden = await desk.do(LINK, projectId=foreign, contractId=desk.contract(1))

    assert hidden == {**unknown, "message": unknown["message"].replace("prj_nowhere", foreign)}
    assert unknown["code"] == "PROJECT_NOT_FOUND"
    assert await desk.calls() == []
    await other.leave()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
async def test_who_may_not_link_costs_the_psa_no_call(desk: Desk, role: Role):
    linked = await desk.do(LINK, role, projectId=desk.place.project.id, contractId=desk.contract(1))
    unlinked = await desk.do(UNLINK, role, projectId=desk.place.project.id)

    assert (linked["code"], unlinked["code"]) == ("FORBIDDEN", "FORBIDDEN")
    assert await desk.calls() == []


async def test_a_psa_that_is_down_leaves_everything_as_it_was(desk: Desk):
    await desk.sandbox.faults({"do": "status", "status": 503})

    refused = await desk.do(LINK, projectId=desk.place.project.id, contractId=desk.contract(1))

    assert (refused["code"], refused["retryable"]) == ("PSA_UNAVAILABLE", True)
    assert await rows(desk.database, desk.org, ContractLink) == []
    assert await kinds(desk.database, desk.org) == ["CONNECTION_SAVED"]


async def test_a_link_is_removed_without_asking_the_psa(desk: Desk):
    place = desk.place
    await given.stored(
        desk.database, given.contract_link(place.project, place.users[Role.OWNER], contract_number="C-9")
    )

    removed = await desk.do(UNLINK, projectId=place.project.id)
    again = await desk.do(UNLINK, projectId=place.project.id)

    assert removed["project"] == {"contractLink": None}
    assert removed["contractLink"] == {"contractNumber": "C-9"}
    assert again["code"] == "CONTRACT_NOT_LINKED"
    assert await desk.calls() == []


async def test_without_a_connection_nothing_can_be_linked(desk: Desk):
    bare = await open_desk(desk.database, desk.sandbox, configured=False)

    refused = await bare.do(LINK, projectId=bare.place.project.id, contractId=bare.contract(1))

    assert refused["code"] == "PSA_NOT_CONFIGURED"
    await bare.leave()
