"""The sandbox itself: its memory, its script, its limits, its control surface."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from psa.errors import PsaUnavailable
from tests.psa.conftest import ESCALATION, HOUR, hour
from tests.psa_sandbox import KEY, TENANT, Sandbox, running_sandbox, sandbox_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from psa.connections import PsaConnections
    from psa.port import Psa

HEADERS = {"X-Tenant-Id": TENANT, "X-Integration-Key": KEY}


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield session


async def test_everything_outlives_a_kill_of_its_process(tmp_path: Path, connections: PsaConnections):
    async with sandbox_process(tmp_path) as (process, sandbox):
        await sandbox.seed()
        psa = connections.psa_for("org_acme", sandbox.credentials())
        kept = await psa.record_time(HOUR, "key-1")
        ticket = await psa.open_ticket(ESCALATION, "key-2")
        await sandbox.faults({"do": "pass", "times": 1}, {"do": "drop_after_commit", "times": 2})
        await psa.record_time(hour(2), "key-3")
        with pytest.raises(PsaUnavailable):
            await psa.record_time(hour(3), "key-4")

        await process.kill()
        await process.start()

        assert [rule["left"] for rule in (await sandbox.control("GET", "faults"))["rules"]] == [0, 1]
        await sandbox.faults()
        assert await psa.time_by_ref(HOUR.external_ref) == [kept]
        assert await psa.tickets_by_ref(ESCALATION.external_ref) == [ticket]
        assert len(await sandbox.time_entries()) == 3
        assert [call["committed"] for call in await sandbox.log()] == [True] * 4 + [False] * 2


async def test_a_call_that_died_with_the_process_is_logged_as_never_answered(
    tmp_path: Path, connections: PsaConnections
):
    async with sandbox_process(tmp_path) as (process, sandbox):
        await sandbox.seed()
        await sandbox.faults({"do": "delay", "ms": 5_000, "when": "after"})
        psa = connections.psa_for("org_acme", sandbox.credentials())
        under_way = asyncio.create_task(psa.record_time(HOUR, "key-1"))
        async with asyncio.timeout(5):
            while not await sandbox.time_entries():
                await asyncio.sleep(0.01)

        await process.kill()
        await process.start()

        with pytest.raises(PsaUnavailable):
            await under_way
        [call] = await sandbox.log()
        assert (call["committed"], call["status"], call["finishedAt"]) == (True, None, None)


async def test_rules_fire_in_order_each_as_often_as_it_says(sandbox: Sandbox, psa: Psa):
    await sandbox.faults(
        {"do": "pass", "times": 1},
        {"do": "drop_before_commit", "times": 1, "match": {"externalRef": hour(2).external_ref}},
        {"do": "status", "status": 502, "times": 1, "match": {"method": "POST"}},
    )
    fates = []

    for number in (1, 2, 3, 4):
        try:
            await psa.record_time(hour(number), "key")
            fates.append("kept")
        except PsaUnavailable as error:
            fates.append(str(error.status))

    assert fates == ["kept", "None", "502", "kept"]
    assert [call["fault"] for call in await sandbox.log()] == [None, "drop_before_commit", "status", None]


async def test_a_rule_may_let_some_calls_pass_first(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "drop_after_commit", "skip": 2, "times": 1})

    await psa.record_time(hour(1), "key")
    await psa.record_time(hour(2), "key")
    with pytest.raises(PsaUnavailable):
        await psa.record_time(hour(3), "key")
    await psa.record_time(hour(4), "key")

    assert [call["committed"] for call in await sandbox.log()] == [True] * 4


@pytest.mark.parametrize("rule", [{"do": "explode"}, {"do": "garbage", "kind": "odd"}, {}])
async def test_a_rule_that_could_never_fire_is_refused(sandbox: Sandbox, browser: aiohttp.ClientSession, rule: Any):
    async with browser.put(f"{sandbox.base_url}/sandbox/faults", json={"rules": [rule]}) as answer:
        assert answer.status == 400
        assert (await answer.json())["code"] == "VALIDATION_ERROR"


async def test_the_log_counts_what_is_in_flight_for_each_contract(sandbox: Sandbox, psa: Psa):
    await sandbox.settings(latencyMs=50)

    await asyncio.gather(*(psa.record_time(hour(number), "key") for number in range(3)))
    await psa.record_time(hour(4), "key")

    assert await sandbox.most_in_flight() == {"k-1": 3}
    assert [call["inFlight"] for call in await sandbox.log()] == [1, 2, 3, 1]


async def test_the_minute_has_a_hundred_calls_and_the_next_is_told_when(tmp_path: Path, browser: aiohttp.ClientSession):
    at = 1_000.0
    async with running_sandbox(tmp_path, lambda: at) as sandbox:
        await sandbox.seed(settings={"rateLimit": 100})
        url = f"{sandbox.base_url}/api/clients"
        for remaining in range(99, -1, -1):
            at += 0.1
            async with browser.get(url) as answer:
                assert answer.headers["X-RateLimit-Remaining"] == str(remaining)

        async with browser.get(url) as refused:
            body = await refused.json()
        at += 51
        async with browser.get(url) as later:
            assert later.status == 200

    assert refused.status == 429
    assert refused.headers["Retry-After"] == "51"
    assert body["code"] == "RATE_LIMIT_EXCEEDED"
    assert body["details"] == {"limit": 100, "window": 60, "retryAfter": 51}


async def test_a_restart_forgives_no_call(tmp_path: Path, browser: aiohttp.ClientSession):
    for expected in (200, 200, 429):
        async with running_sandbox(tmp_path, lambda: 1_000.0) as sandbox:
            await sandbox.seed(settings={"rateLimit": 2})
            async with browser.get(f"{sandbox.base_url}/api/clients") as answer:
                assert answer.status == expected


async def test_a_tenant_sees_nothing_of_another(sandbox: Sandbox, browser: aiohttp.ClientSession):
    await sandbox.seed(tenant="org_other", key="other-key", clients=[{"id": "c-7", "name": "Theirs"}])

    async with browser.get(f"{sandbox.base_url}/api/clients/c-7") as theirs:
        assert theirs.status == 404
    async with browser.get(f"{sandbox.base_url}/api/clients", headers={"X-Tenant-Id": "org_other"}) as wrong:
        assert wrong.status == 401


async def test_every_answer_has_a_request_id_and_refusals_have_the_house_body(
    sandbox: Sandbox, browser: aiohttp.ClientSession
):
    names = set()
    for path in ("/api/contracts", "/api/contracts/k-9", "/api/contracts?limit=0"):
        async with browser.get(sandbox.base_url + path) as answer:
            names.add(answer.headers["X-Request-Id"])
            if answer.status != 200:
                assert set(await answer.json()) == {"error", "code", "details"}

    assert len(names) == 3


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"[" * 100_000, b'{"title": 7}', b"\xff"])
async def test_a_body_that_makes_no_sense_is_refused_politely(
    sandbox: Sandbox, browser: aiohttp.ClientSession, body: bytes
):
    for path in ("/api/tickets", "/api/time-entries", "/api/tickets/batch"):
        async with browser.post(sandbox.base_url + path, data=body) as answer:
            assert answer.status in (400, 422)


async def test_seeding_again_changes_what_is_named_and_keeps_the_rest(sandbox: Sandbox, psa: Psa):
    await psa.record_time(HOUR, "key-1")
    await sandbox.change("contracts", "k-1", number="CTR-9999")

    await sandbox.seed(contracts=[{"id": "k-1", "name": "Renamed"}])

    contract = await psa.contract("k-1")
    assert (contract.number, contract.name) == ("CTR-9999", "Renamed")
    assert len(await sandbox.time_entries()) == 1
    assert (await psa.find_contracts(None, None, 10, None)).total == 2


async def test_a_reset_forgets_one_tenant_and_not_the_others(sandbox: Sandbox):
    await sandbox.seed(tenant="org_other", key="other-key")

    await sandbox.control("POST", "reset", {"tenant": TENANT})

    assert await sandbox.tickets() == []
    assert len(await sandbox.tickets("org_other")) == 2
