"""What The One PSA answered, as literals."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from psa.errors import Effect, PsaError, PsaUnavailable
from psa.port import ClientAccount, Contract, Ticket, TimeRecord
from psa.theone import reads
from psa.theone.refusals import refusal
from psa.wire import Reply

CONTRACT: dict[str, Any] = {
    "id": "k-1",
    "number": "CTR-1001",
    "name": "Harbor managed services",
    "type": "managed_services",
    "status": "active",
    "clientId": "c-1",
    "clientName": "Harbor Dental",
    "startDate": "2026-01-01",
    "endDate": None,
    "autoRenew": True,
    "billingFrequency": "quarterly",
}
ENTRY: dict[str, Any] = {
    "id": "time-1",
    "externalRef": "projects:o:e:1",
    "contractId": "k-1",
    "ticketId": None,
    "userId": "usr_ann",
    "date": "2026-11-20",
    "hours": "1.50",
    "rate": None,
    "amount": "180.00",
    "note": "Moved the mailboxes",
    "invoiced": False,
}
TICKET: dict[str, Any] = {"id": "t-1", "number": "ACM-101", "title": "Printer", "status": "Open", "priority": "P1"}


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, text, 1_800_000_000.0)


def test_a_contract_is_read_in_our_enums():
    assert reads.read_one(reply(CONTRACT), reads.contract) == Contract(
        id="k-1",
        number="CTR-1001",
        name="Harbor managed services",
        type="MANAGED_SERVICES",
        status="ACTIVE",
        client_id="c-1",
        client_name="Harbor Dental",
        start_date=date(2026, 1, 1),
        end_date=None,
        billing_frequency="QUARTERLY",
    )


def test_words_never_met_break_nothing():
    strange = reads.contract(CONTRACT | {"type": "per-goat", "status": 7, "billingFrequency": "fortnightly"})

    assert (strange.type, strange.status, strange.billing_frequency) == ("OTHER", "UNKNOWN", "OTHER")
    assert reads.contract(CONTRACT | {"type": "Break-Fix"}).type == "BREAK_FIX"


def test_a_ticket_may_lack_a_client_and_a_reference():
    assert reads.ticket(TICKET) == Ticket("t-1", "ACM-101", "Printer", "NEW", "CRITICAL", None, None, None)


@pytest.mark.parametrize("odd", ["\0", "\ud83d"])
def test_a_text_that_no_database_holds_is_shown_with_a_mark_in_its_place(odd: str):
    cut = f"Printer {odd} on fire 🖨"
    shown = "Printer \ufffd on fire 🖨"

    ticket = reads.read_one(reply(TICKET | {"title": cut, "number": cut, "clientName": cut}), reads.ticket)
    contract = reads.read_one(reply(CONTRACT | {"name": cut, "clientName": cut}), reads.contract)
    record = reads.read_one(reply(ENTRY | {"note": cut, "userId": cut, "externalRef": cut}), reads.time_record)

    assert (ticket.title, ticket.number, ticket.client_name) == (shown, shown, shown)
    assert (contract.name, contract.client_name) == (shown, shown)
    assert (record.note, record.user_id, record.external_ref) == (shown, shown, None)
    assert reads.client({"id": "c-1", "name": cut}).name == shown
    assert reads.ticket(TICKET | {"externalRef": cut}).external_ref is None


@pytest.mark.parametrize("odd", ["t\0", "t-\ud83d"])
def test_an_id_that_could_not_be_asked_for_again_makes_an_answer_unreadable(odd: str):
    bad: list[Any] = [TICKET | {"id": odd}, TICKET | {"clientId": odd}]

    for read, answer in [*((reads.read_one, each) for each in bad), (reads.read_page, {"items": [bad[0]]})]:
        with pytest.raises(PsaUnavailable) as caught:
            read(reply(answer), reads.ticket)
        assert caught.value.effect is Effect.UNKNOWN
    with pytest.raises(PsaUnavailable):
        reads.read_page(reply({"items": [], "nextCursor": odd}), reads.ticket)


def test_a_numeric_id_is_still_an_id():
    assert reads.client({"id": 17, "name": "Harbor Dental"}) == ClientAccount("17", "Harbor Dental")


@pytest.mark.parametrize("hours", [b'"1.50"', b"1.5", b"1.50"])
def test_hours_are_exact_as_text_and_as_number(hours: bytes):
    body = json.dumps(ENTRY).encode().replace(b'"1.50"', hours)

    record = reads.read_one(reply(body), reads.time_record)

    assert record == TimeRecord(
        id="time-1",
        external_ref="projects:o:e:1",
        contract_id="k-1",
        user_id="usr_ann",
        date=date(2026, 11, 20),
        hours=Decimal("1.50"),
        note="Moved the mailboxes",
        rate=None,
        amount=Decimal("180.00"),
        ticket_id=None,
        invoiced=False,
    )


def test_a_page_carries_the_cursor_and_the_total():
    page = reads.read_page(reply({"items": [TICKET], "nextCursor": "MTo5", "total": 12}), reads.ticket)

    assert [ticket.id for ticket in page.items] == ["t-1"]
    assert (page.next, page.total) == ("MTo5", 12)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id": "time-1", ',
        b"[]",
        b"null",
        b"7",
        b"[" * 200_000,
        b'{"id": "\xe9"}',
        json.dumps(ENTRY | {"id": None}).encode(),
        json.dumps(ENTRY | {"id": ""}).encode(),
        json.dumps(ENTRY | {"hours": "NaN"}).encode(),
        json.dumps(ENTRY | {"hours": "much"}).encode(),
        json.dumps(ENTRY).encode().replace(b'"1.50"', b"NaN"),
        json.dumps(ENTRY).encode().replace(b'"1.50"', b"9" * 5_000),
        json.dumps(ENTRY | {"date": None}).encode(),
        json.dumps(ENTRY | {"date": "soon"}).encode(),
    ],
)
def test_a_success_nobody_can_read_leaves_the_outcome_unknown(body: bytes):
    with pytest.raises(PsaUnavailable) as caught:
        reads.read_recorded(reply(body, 201), "projects:o:e:1", reads.time_record)

    assert caught.value.effect is Effect.UNKNOWN


def test_an_answer_about_another_reference_proves_nothing():
    with pytest.raises(PsaUnavailable):
        reads.read_recorded(reply(ENTRY, 201), "projects:o:e:2", reads.time_record)


def test_a_psa_that_does_not_echo_the_reference_is_believed():
    silent = {name: value for name, value in ENTRY.items() if name != "externalRef"}

    assert reads.read_recorded(reply(silent, 201), "projects:o:e:2", reads.time_record).id == "time-1"


def test_removed_means_204_or_an_object():
    reads.read_removed(reply(b"", 204))
    reads.read_removed(reply({"removed": True}))
    with pytest.raises(PsaUnavailable):
        reads.read_removed(reply(b"<html>"))


HOUSE = {"error": "No such thing", "code": "SOME_REASON", "details": {}}


@pytest.mark.parametrize(
    ("status", "body", "code", "effect"),
    [
        (400, HOUSE, "PSA_REJECTED", Effect.REFUSED),
        (401, HOUSE, "PSA_BAD_CREDENTIALS", Effect.NOT_APPLIED),
        (403, b"<html>", "PSA_BAD_CREDENTIALS", Effect.NOT_APPLIED),
        (404, HOUSE, "PSA_NOT_FOUND", Effect.REFUSED),
        (404, b"<html>", "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (404, {"message": "no route"}, "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (408, HOUSE, "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (409, HOUSE, "PSA_CONFLICT", Effect.UNKNOWN),
        (413, b"", "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (422, HOUSE, "PSA_REJECTED", Effect.REFUSED),
        (422, HOUSE | {"code": "ALREADY_EXISTS"}, "PSA_CONFLICT", Effect.UNKNOWN),
        (429, b"", "PSA_RATE_LIMITED", Effect.NOT_APPLIED),
        (302, b"", "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (500, HOUSE, "PSA_UNAVAILABLE", Effect.UNKNOWN),
        (503, b"", "PSA_UNAVAILABLE", Effect.UNKNOWN),
    ],
)
def test_each_status_says_what_may_be_concluded(status: int, body: Any, code: str, effect: Effect):
    error = refusal(reply(body, status, x_request_id="req-9"))

    assert (error.code, error.effect, error.status, error.request_id) == (code, effect, status, "req-9")


def test_a_refusal_carries_the_psas_reason_in_small_letters_and_its_words_made_harmless():
    error: PsaError = refusal(reply({"error": "Not\nthis\x1b[31m one", "code": "ALREADY_INVOICED"}, 422))

    assert getattr(error, "reason", None) == "already_invoiced"
    assert error.message == "The PSA refused: Notthis[31m one"


def test_a_refusals_code_and_the_psas_name_of_an_exchange_can_be_kept():
    error = refusal(reply({"error": "", "code": "ODD\0\ud83d"}, 422, x_request_id="req-\udce9-9"))

    assert (getattr(error, "reason", None), error.message) == ("odd", "The PSA refused: odd")
    assert error.request_id == "req--9"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "23"}, 23),
        ({"retry_after": "Fri, 15 Jan 2027 09:30:42 GMT", "date": "Fri, 15 Jan 2027 09:30:00 GMT"}, 42),
        ({"retry_after": "Fri, 15 Jan 2027 08:00:07 GMT"}, 7),
        ({"retry_after": "Thu, 14 Jan 2027 08:00:00 GMT"}, 0),
        ({"retry_after": "86400"}, 300),
        ({"retry_after": "9" * 400}, 60),
        ({"retry_after": "-5"}, 60),
        ({"retry_after": "soon"}, 60),
        ({}, 60),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_absurd(headers: dict[str, str], seconds: int):
    assert refusal(reply(b"", 429, **headers)).retry_after_seconds == seconds
