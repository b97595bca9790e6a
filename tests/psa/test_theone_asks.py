"""What is asked of The One PSA, as literals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from psa.errors import PsaNotFound
from psa.theone import asks
from tests.psa.conftest import ESCALATION, HOUR


def test_an_hour_travels_as_decimal_text_with_its_key_and_is_no_read():
    request = asks.ask_record_time(HOUR, "key-1")

    assert (request.method, request.path) == ("POST", "/api/time-entries")
    assert request.headers == {"Idempotency-Key": "key-1"}
    assert not request.is_read
    assert request.body == {
        "externalRef": "projects:org_acme:tme_1:1",
        "contractId": "k-1",
        "userId": "usr_ann",
        "userEmail": "ann@acme.example",
        "date": "2026-11-20",
        "hours": "1.50",
        "note": "Moved the mailboxes",
        "rate": "120.00",
        "amount": "180.00",
        "ticketId": None,
        "projectNumber": "PRJ-000001",
        "billable": True,
    }


def test_an_hour_without_a_rate_says_so():
    assert asks.ask_record_time(replace(HOUR, rate=None), "key-1").body["rate"] is None


def test_an_escalation_becomes_a_title_a_wire_priority_and_a_way_back():
    request = asks.ask_open_ticket(ESCALATION, "key-2")

    assert (request.method, request.path, request.is_read) == ("POST", "/api/tickets", False)
    assert request.body == {
        "externalRef": "projects:org_acme:esc_1:1",
        "title": "Mail flow stopped",
        "description": "The connector refuses every message.",
        "priority": "high",
        "clientId": "c-1",
        "contractId": "k-1",
        "source": {
            "projectNumber": "PRJ-000001",
            "taskId": "tsk_1",
            "url": "https://projects.example/tasks/tsk_1",
        },
    }


def test_a_search_names_only_what_was_wished():
    assert asks.ask_contracts("ctr", None, 20, None).query == {"search": "ctr", "limit": "20"}
    assert asks.ask_contracts(None, "c-1", 5, "MTo5").query == {"clientId": "c-1", "limit": "5", "cursor": "MTo5"}


def test_a_batch_is_a_read_although_it_is_a_post():
    request = asks.ask_ticket_batch(("t-1", "t-2"))

    assert (request.method, request.path, request.body) == ("POST", "/api/tickets/batch", {"ids": ["t-1", "t-2"]})
    assert request.is_read


def test_a_lookup_keeps_out_of_peoples_way_and_asks_for_whole_pages():
    request = asks.ask_time_by_ref("projects:o:e:1", None)

    assert request.query == {"externalRef": "projects:o:e:1", "limit": "100"}
    assert request.is_read
    assert request.for_export


def test_a_removal_is_no_read():
    request = asks.ask_remove_time("time-1")

    assert (request.method, request.path, request.is_read) == ("DELETE", "/api/time-entries/time-1", False)


def test_an_id_cannot_leave_its_path_segment():
    assert asks.ask_contract("a/b?c=d#é").path == "/api/contracts/a%2Fb%3Fc%3Dd%23%C3%A9"


@pytest.mark.parametrize("nowhere", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_not_found(nowhere: str):
    with pytest.raises(PsaNotFound):
        asks.ask_contract(nowhere)
