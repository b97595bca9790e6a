"""What can be picked in the PSA: an empty list and no answer are different answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from tests import given
from tests.asking import open_desk

if TYPE_CHECKING:
    from tests.asking import Desk

PAGE = "pageInfo { hasNextPage hasPreviousPage endCursor } totalCount"
ERROR = "... on ProjectsError { code retryable retryAfterSeconds }"
CLIENTS = f"""query ($search: String, $first: Int! = 20, $after: String) {{
  psaClients(search: $search, first: $first, after: $after) {{
    __typename ... on PsaClientPage {{ nodes {{ id name }} {PAGE} }} {ERROR} }} }}"""
CONTRACTS = f"""query ($search: String, $clientId: ID, $first: Int! = 20, $after: String) {{
  psaContracts(search: $search, clientId: $clientId, first: $first, after: $after) {{
    __typename ... on PsaContractPage {{
      nodes {{ id number name type status clientId clientName startDate endDate billingFrequency }} {PAGE}
    }} {ERROR} }} }}"""
TICKETS = f"""query ($search: String!, $clientId: ID, $first: Int! = 20, $after: String) {{
  psaTickets(search: $search, clientId: $clientId, first: $first, after: $after) {{
    __typename ... on PsaTicketPage {{ nodes {{ id number title status priority clientId clientName url }} {PAGE} }}
    {ERROR} }} }}"""


async def test_contracts_of_a_client_can_be_picked(desk: Desk):
    found = await desk.ask(CONTRACTS, Role.MEMBER, clientId=desk.place.client.id)

    assert found["nodes"] == [
        {
            "id": desk.contract(1), "number": "CTR-1001", "name": "Contract 1", "type": "MANAGED_SERVICES",
            "status": "ACTIVE", "clientId": desk.place.client.id, "clientName": "Acme",
            "startDate": "2026-01-01", "endDate": "2026-12-31", "billingFrequency": "MONTHLY",
        }
    ]  # fmt: skip
    assert found["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}


async def test_tickets_are_found_by_number_or_title(desk: Desk):
    by_number = await desk.ask(TICKETS, search="ACM-102")
    by_title = await desk.ask(TICKETS, search="printer")

    assert [node["title"] for node in by_number["nodes"]] == ["VPN drops"]
    assert by_title["nodes"] == [
        {
            "id": f"{desk.org}-t-1", "number": "ACM-101", "title": "Printer on fire", "status": "NEW",
            "priority": "MEDIUM", "clientId": desk.place.client.id, "clientName": "Acme",
            "url": f"https://app.theonepsa.com/tickets/{desk.org}-t-1",
        }
    ]  # fmt: skip


async def test_a_list_goes_on_behind_its_end_cursor(desk: Desk):
    first = await desk.ask(CLIENTS, first=1)
    rest = await desk.ask(CLIENTS, first=1, after=first["pageInfo"]["endCursor"])

    names = {node["name"] for page in (first, rest) for node in page["nodes"]}
    assert names == {"Acme", "Harbor Dental"}
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert rest["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize("document", [CLIENTS, CONTRACTS, TICKETS])
async def test_an_empty_list_is_a_list(desk: Desk, document: str):
    found = await desk.ask(document, search="nothing is called so")

    assert found["__typename"].endswith("Page")
    assert found["nodes"] == []


@pytest.mark.parametrize("document", [CLIENTS, CONTRACTS, TICKETS])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"do": "status", "status": 401}, "PSA_BAD_CREDENTIALS"),
        ({"do": "status", "status": 503}, "PSA_UNAVAILABLE"),
        ({"do": "status", "status": 404}, "PSA_UNAVAILABLE"),
        ({"do": "status", "status": 400}, "PSA_REJECTED"),
        ({"do": "garbage"}, "PSA_UNAVAILABLE"),
        ({"do": "rate_limit", "retryAfter": 20}, "PSA_RATE_LIMITED"),
    ],
)
async def test_no_answer_is_no_empty_list(desk: Desk, document: str, fault: dict[str, Any], code: str):
    await desk.sandbox.faults(fault)

    refused = await desk.ask(document, search="printer")

    assert refused["code"] == code
    assert (refused["retryAfterSeconds"] == 20) == (code == "PSA_RATE_LIMITED")


@pytest.mark.parametrize("document", [CLIENTS, CONTRACTS, TICKETS])
async def test_what_is_not_configured_says_so(desk: Desk, document: str):
    bare = await open_desk(desk.database, desk.sandbox, configured=False)

    refused = await bare.ask(document, search="printer")

    assert refused["code"] == "PSA_NOT_CONFIGURED"
    await bare.leave()


@pytest.mark.parametrize("said", [{"first": 0}, {"first": 101}, {"search": "x" * 201}, {"search": "x\0"}])
async def test_a_question_that_makes_no_sense_costs_no_call(desk: Desk, said: dict[str, Any]):
    refused = await desk.ask(TICKETS, **({"search": "printer"} | said))

    assert refused["code"] == "INVALID_INPUT"
    assert await desk.calls() == []


async def test_a_product_with_the_integration_key_picks_nothing(desk: Desk):
    result = await desk.error_codes(CLIENTS, given.integration(desk.place.organization))

    assert result == ["FORBIDDEN"]
