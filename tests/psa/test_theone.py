"""The One PSA's verbs against the sandbox: one wire, written twice, must agree."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from psa.errors import PsaBadCredentials, PsaConflict, PsaNotFound, PsaRejected, PsaUnavailable
from psa.port import ClientAccount, Lookups
from psa.theone import adapter
from tests.psa.conftest import ESCALATION, HOUR, hour

if TYPE_CHECKING:
    from psa.connections import PsaConnections
    from psa.port import Psa
    from tests.psa_sandbox import Sandbox


async def test_a_check_passes_with_the_right_key(psa: Psa):
    await psa.check()


async def test_a_wrong_key_and_a_wrong_tenant_are_bad_credentials(sandbox: Sandbox, connections: PsaConnections):
    for credentials in (sandbox.credentials(key="wrong"), sandbox.credentials(tenant="org_other")):
        with pytest.raises(PsaBadCredentials):
            await connections.psa_for("org_acme", credentials).check()


async def test_clients_are_found_by_name_and_by_id(psa: Psa):
    found = await psa.find_clients("MILL", 10, None)

    assert found.items == (ClientAccount("c-2", "Mill Street Law"),)
    assert await psa.client("c-2") == found.items[0]


async def test_contracts_are_found_by_number_name_and_client(psa: Psa):
    by_number = await psa.find_contracts("ctr-1002", None, 10, None)
    by_name = await psa.find_contracts("harbor", None, 10, None)
    by_client = await psa.find_contracts(None, "c-2", 10, None)

    assert [contract.id for contract in by_number.items] == ["k-2"]
    assert [contract.id for contract in by_name.items] == ["k-1"]
    assert [contract.id for contract in by_client.items] == ["k-2"]
    assert await psa.contract("k-2") == by_number.items[0]


async def test_what_is_gone_is_not_found(sandbox: Sandbox, psa: Psa):
    await sandbox.remove("contracts", "k-1")
    await sandbox.remove("tickets", "t-1")

    for verb in (psa.contract("k-1"), psa.ticket("t-1"), psa.client("c-9"), psa.remove_time("time-9")):
        with pytest.raises(PsaNotFound):
            await verb


async def test_a_batch_leaves_out_the_unknown(psa: Psa):
    assert list(await psa.contracts(["k-2", "k-9", "k-1"])) == ["k-2", "k-1"]
    assert list(await psa.tickets(["t-1", "nope"])) == ["t-1"]


async def test_pages_follow_each_other_without_gap_or_repetition(sandbox: Sandbox, psa: Psa):
    await sandbox.seed(tickets=[{"id": f"p-{number}", "title": "Paged"} for number in range(25)])

    first = await psa.find_tickets("paged", None, 10, None)
    second = await psa.find_tickets("paged", None, 10, first.next)
    third = await psa.find_tickets("paged", None, 10, second.next)

    seen = [ticket.id for page in (first, second, third) for ticket in page.items]
    assert seen == [f"p-{number}" for number in range(25)]
    assert (third.next, third.total) == (None, 25)


async def test_the_exact_number_ranks_first_on_every_page(sandbox: Sandbox, psa: Psa):
    await sandbox.seed(
        tickets=[
            {"id": "r-1", "number": "ACM-70", "title": "Follow-up of ACM-7"},
            {"id": "r-2", "number": "ACM-71", "title": "Another"},
            {"id": "r-3", "number": "ACM-7", "title": "The one meant"},
        ]
    )

    first = await psa.find_tickets("acm-7", None, 2, None)
    second = await psa.find_tickets("acm-7", None, 2, first.next)

    assert [ticket.id for ticket in first.items + second.items] == ["r-3", "r-1", "r-2"]


async def test_a_search_that_finds_nothing_is_an_empty_page(psa: Psa):
    page = await psa.find_tickets("no such thing", None, 10, None)

    assert (page.items, page.next, page.total) == ((), None, 0)


async def test_a_cursor_of_someone_else_is_refused_with_a_reason(psa: Psa):
    with pytest.raises(PsaRejected) as caught:
        await psa.find_tickets("acm", None, 10, "not a cursor")

    assert caught.value.reason == "validation_error"


async def test_an_escalation_gets_the_next_number_and_is_found_by_its_reference(sandbox: Sandbox, psa: Psa):
    ticket = await psa.open_ticket(ESCALATION, "key-1")

    assert (ticket.number, ticket.status, ticket.priority) == ("ACM-1001", "NEW", "HIGH")
    assert (ticket.client_id, ticket.client_name) == ("c-1", "Harbor Dental")
    assert await psa.tickets_by_ref(ESCALATION.external_ref) == [ticket]
    assert (await sandbox.tickets())[-1]["source"]["taskId"] == "tsk_1"


async def test_an_hour_is_kept_as_it_was_sent(sandbox: Sandbox, psa: Psa):
    record = await psa.record_time(HOUR, "key-1")

    assert (record.hours, record.rate, record.amount) == (Decimal("1.50"), Decimal("120.00"), Decimal("180.00"))
    assert (record.contract_id, record.user_id, record.date) == ("k-1", "usr_ann", HOUR.date)
    assert await psa.time_by_ref(HOUR.external_ref) == [record]
    assert (await sandbox.log())[0]["idempotencyKey"] == "key-1"


async def test_an_hour_is_removed_until_it_is_invoiced(sandbox: Sandbox, psa: Psa):
    kept, removed = await psa.record_time(hour(1), "key-1"), await psa.record_time(hour(2), "key-2")
    await sandbox.invoice(kept.id)

    await psa.remove_time(removed.id)
    with pytest.raises(PsaRejected) as caught:
        await psa.remove_time(kept.id)

    assert caught.value.reason == "already_invoiced"
    assert [entry["id"] for entry in await sandbox.time_entries()] == [kept.id]
    assert (await psa.time_by_ref(hour(1).external_ref))[0].invoiced


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contract_id": "k-9"}, "contract_not_found"),
        ({"ticket_id": "t-9"}, "ticket_not_found"),
        ({"user_id": "usr_eve", "user_email": "eve@evil.example"}, "user_not_found"),
        ({"hours": Decimal("0.00")}, "validation_error"),
        ({"hours": Decimal("24.01")}, "validation_error"),
    ],
)
async def test_an_hour_the_psa_will_not_have_is_rejected_with_its_reason(
    sandbox: Sandbox, psa: Psa, changes: dict[str, object], reason: str
):
    with pytest.raises(PsaRejected) as caught:
        await psa.record_time(replace(HOUR, **changes), "key-1")

    assert caught.value.reason == reason
    assert await sandbox.time_entries() == []


async def test_a_psa_of_class_b_takes_the_same_reference_twice(psa: Psa):
    await psa.record_time(HOUR, "key-1")
    await psa.record_time(HOUR, "key-1")

    assert len(await psa.time_by_ref(HOUR.external_ref)) == 2


async def test_a_psa_of_class_a_takes_a_reference_once(sandbox: Sandbox, psa: Psa):
    await sandbox.settings(dedupe=True)
    await psa.record_time(HOUR, "key-1")
    await psa.open_ticket(ESCALATION, "key-2")

    for again in (psa.record_time(HOUR, "key-1"), psa.open_ticket(ESCALATION, "key-2")):
        with pytest.raises(PsaConflict):
            await again

    assert len(await sandbox.time_entries()) == 1


async def test_a_probe_tells_class_c_apart_for_each_list(sandbox: Sandbox, psa: Psa):
    await psa.record_time(HOUR, "key-1")

    assert await psa.lookups() == Lookups(tickets=True, time=True)
    await sandbox.faults({"do": "forget_filter", "match": {"path": "/api/time-entries"}})
    assert await psa.lookups() == Lookups(tickets=True, time=False)
    await sandbox.settings(ignoresFilters=True)
    assert await psa.lookups() == Lookups(tickets=False, time=False)


async def test_a_lookup_believes_no_row_with_another_reference(sandbox: Sandbox, psa: Psa):
    await psa.record_time(hour(1), "key-1")
    await psa.open_ticket(ESCALATION, "key-2")

    await sandbox.settings(ignoresFilters=True)

    assert await psa.time_by_ref(hour(2).external_ref) == []
    assert await psa.tickets_by_ref("projects:org_acme:esc_2:1") == []


async def test_a_lookup_tells_capitals_apart_even_if_the_psa_does_not(sandbox: Sandbox, psa: Psa):
    await psa.record_time(HOUR, "key-1")
    await sandbox.faults({"do": "loose_filter"})

    assert await psa.time_by_ref(HOUR.external_ref.upper()) == []
    assert len(await psa.time_by_ref(HOUR.external_ref)) == 1


async def test_a_lookup_follows_the_pages(sandbox: Sandbox, psa: Psa):
    entries = [
        {"contractId": "k-1", "date": "2026-11-20", "hours": "1.00", "externalRef": f"e-{n}"} for n in range(130)
    ]
    await sandbox.seed(timeEntries=entries, settings={"ignoresFilters": True})

    assert [record.external_ref for record in await psa.time_by_ref("e-129")] == ["e-129"]


async def test_a_lookup_that_would_never_end_does_not_answer_absent(
    sandbox: Sandbox, psa: Psa, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(adapter, "PAGES_OF_A_LOOKUP", 2)
    entries = [
        {"contractId": "k-1", "date": "2026-11-20", "hours": "1.00", "externalRef": f"e-{n}"} for n in range(201)
    ]
    await sandbox.seed(timeEntries=entries, settings={"ignoresFilters": True})

    with pytest.raises(PsaUnavailable):
        await psa.time_by_ref("e-999")


async def test_a_list_that_lags_shows_a_new_entry_late(sandbox: Sandbox, psa: Psa):
    await psa.record_time(HOUR, "key-1")
    await sandbox.faults({"do": "list_lag", "ms": 60_000, "times": 1})

    assert await psa.time_by_ref(HOUR.external_ref) == []
    assert len(await psa.time_by_ref(HOUR.external_ref)) == 1


async def test_ids_with_strange_letters_arrive_as_they_are(sandbox: Sandbox, psa: Psa):
    strange = "a/b?c=d#é%2F&+ x"
    await sandbox.seed(contracts=[{"id": strange, "number": "CTR-S", "clientId": "c-1"}])

    assert (await psa.contract(strange)).number == "CTR-S"
