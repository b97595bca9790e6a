"""The road to a PSA that misbehaves as its fault script says, over a real socket."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from psa.connections import PsaConnections
from psa.errors import Effect, PsaError, PsaRateLimited, PsaUnavailable, PsaUnreachable
from psa.reach import Clock, Reach
from tests.psa.conftest import HOUR, QUICK, hour
from tests.psa_sandbox import Sandbox, sandbox_process

if TYPE_CHECKING:
    from pathlib import Path

    from psa.port import Psa

Rule = dict[str, Any]

AMBIGUOUS: dict[str, tuple[Rule, int]] = {
    "reset": ({"do": "refuse"}, 0),
    "dropped before": ({"do": "drop_before_commit"}, 0),
    "dropped after": ({"do": "drop_after_commit"}, 1),
    "late before": ({"do": "delay", "ms": 1_200}, 0),
    "late after": ({"do": "delay", "ms": 1_200, "when": "after"}, 1),
    "500 before": ({"do": "status", "status": 500}, 0),
    "502 after": ({"do": "status", "status": 502, "when": "after"}, 1),
    "503 before": ({"do": "status", "status": 503}, 0),
    "html": ({"do": "garbage", "kind": "html"}, 1),
    "truncated": ({"do": "garbage", "kind": "truncated"}, 1),
    "empty": ({"do": "garbage", "kind": "empty"}, 1),
    "no id": ({"do": "garbage", "kind": "no_id"}, 1),
    "another's": ({"do": "garbage", "kind": "other"}, 1),
    "deep": ({"do": "garbage", "kind": "deep"}, 1),
    "charset": ({"do": "garbage", "kind": "charset"}, 1),
    "headers": ({"do": "garbage", "kind": "headers"}, 1),
    "redirect": ({"do": "garbage", "kind": "redirect"}, 1),
    "slow": ({"do": "garbage", "kind": "slow"}, 1),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_a_write_in_doubt_is_told_as_unknown_and_never_sent_again(sandbox: Sandbox, psa: Psa, name: str):
    rule, kept = AMBIGUOUS[name]
    await sandbox.faults(rule | {"match": {"method": "POST"}})

    with pytest.raises(PsaUnavailable) as caught:
        await psa.record_time(HOUR, "key-1")

    posts = [call for call in await sandbox.log() if call["method"] == "POST"]
    assert caught.value.effect is Effect.UNKNOWN
    assert len(posts) == 1
    assert len(await sandbox.time_entries()) == kept


@pytest.mark.parametrize("rule", [{"do": "refuse"}, {"do": "drop_after_commit"}, {"do": "status", "status": 500}])
async def test_a_removal_in_doubt_is_never_sent_again(sandbox: Sandbox, psa: Psa, rule: Rule):
    record = await psa.record_time(HOUR, "key-1")
    await sandbox.faults(rule)

    with pytest.raises(PsaUnavailable):
        await psa.remove_time(record.id)

    assert [call["method"] for call in await sandbox.log()].count("DELETE") == 1


@pytest.mark.parametrize(
    "rule",
    [{"do": "refuse"}, {"do": "drop_before_commit"}, {"do": "status", "status": 500}, {"do": "status", "status": 503}],
)
async def test_a_read_that_failed_is_repeated_once(sandbox: Sandbox, psa: Psa, rule: Rule):
    await sandbox.faults(rule | {"times": 1})

    contract = await psa.contract("k-1")

    assert contract.number == "CTR-1001"
    assert len(await sandbox.log()) == 2


@pytest.mark.parametrize("rule", [{"do": "refuse"}, {"do": "status", "status": 500}])
async def test_a_read_that_failed_twice_is_not_tried_a_third_time(sandbox: Sandbox, psa: Psa, rule: Rule):
    await sandbox.faults(rule)

    with pytest.raises(PsaUnavailable):
        await psa.contract("k-1")

    assert len(await sandbox.log()) == 2


async def test_a_batch_is_a_read_and_is_repeated(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "refuse", "times": 1})

    tickets = await psa.tickets(["t-2", "t-9"])

    assert list(tickets) == ["t-2"]
    assert [call["method"] for call in await sandbox.log()] == ["POST", "POST"]


async def test_a_read_of_a_silent_psa_ends_in_time(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "delay", "ms": 3_000})

    async with asyncio.timeout(2):
        with pytest.raises(PsaUnavailable, match="in time"):
            await psa.contract("k-1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://psa.invalid"])
async def test_a_psa_that_is_not_there_was_surely_not_reached(sandbox: Sandbox, connections: PsaConnections, url: str):
    psa = connections.psa_for("org_acme", replace(sandbox.credentials(), api_url=url))

    with pytest.raises(PsaUnreachable) as caught:
        await psa.record_time(HOUR, "key-1")

    assert caught.value.effect is Effect.NOT_SENT


async def test_a_connection_that_does_not_come_about_in_time_was_surely_not_reached(sandbox: Sandbox):
    owner = PsaConnections(replace(QUICK, connect_seconds=0.2), Clock())
    with socket.socket() as deaf, ExitStack() as crowd:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            caller = crowd.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"

        with pytest.raises(PsaUnreachable):
            await owner.psa_for("org_acme", replace(sandbox.credentials(), api_url=url)).record_time(HOUR, "key-1")

    await owner.close()


async def test_tls_that_fails_was_surely_not_reached(sandbox: Sandbox, connections: PsaConnections):
    tls = sandbox.base_url.replace("http:", "https:")
    psa = connections.psa_for("org_acme", replace(sandbox.credentials(), api_url=tls))

    with pytest.raises(PsaUnreachable):
        await psa.record_time(HOUR, "key-1")

    assert await sandbox.log() == []


async def test_a_header_that_comes_twice_and_makes_no_sense_changes_nothing(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "garbage", "kind": "twice"})

    record = await psa.record_time(HOUR, "key-1")

    assert [entry["id"] for entry in await sandbox.time_entries()] == [record.id]


@pytest.mark.parametrize("kind", ["huge", "bomb"])
async def test_a_monstrous_answer_costs_bounded_memory(tmp_path: Path, kind: str):
    connections = PsaConnections(Reach(allow_private=True), Clock())
    async with sandbox_process(tmp_path) as (_, sandbox):
        await sandbox.seed()
        await sandbox.faults({"do": "garbage", "kind": kind})
        psa = connections.psa_for("org_acme", sandbox.credentials())
        tracemalloc.start()

        with pytest.raises(PsaUnavailable, match="larger"):
            await psa.record_time(HOUR, "key-1")

        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await connections.close()
    assert peak < 12_000_000


async def test_five_failures_leave_the_psa_alone(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "refuse"})
    for number in range(5):
        with pytest.raises(PsaUnavailable):
            await psa.record_time(hour(number), "key")

    with pytest.raises(PsaUnreachable) as caught:
        await psa.record_time(hour(5), "key")

    assert caught.value.retry_after_seconds == 30
    assert len(await sandbox.log()) == 5


async def test_a_read_that_is_held_back_here_is_not_tried_twice(sandbox: Sandbox):
    naps = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    owner = PsaConnections(QUICK, Clock(sleep=nap))
    psa = owner.psa_for("org_acme", sandbox.credentials())
    await sandbox.faults({"do": "refuse"})
    for _ in range(3):
        with pytest.raises((PsaUnavailable, PsaUnreachable)):
            await psa.contract("k-1")

    with pytest.raises(PsaUnreachable):
        await psa.contract("k-1")

    assert len(naps) == 3
    assert len(await sandbox.log()) == 5
    await owner.close()


async def test_refusals_never_open_the_breaker(sandbox: Sandbox, psa: Psa):
    for _ in range(8):
        with pytest.raises(PsaError):
            await psa.contract("k-9")

    assert (await psa.contract("k-1")).id == "k-1"
    assert len(await sandbox.log()) == 9


async def test_writes_wait_for_one_of_four_places_and_then_are_surely_not_sent(sandbox: Sandbox, psa: Psa):
    await sandbox.settings(latencyMs=500)

    outcomes = await asyncio.gather(
        *(psa.record_time(hour(number), "key") for number in range(6)), return_exceptions=True
    )

    turned_away = [each for each in outcomes if isinstance(each, PsaUnreachable)]
    assert len(turned_away) == 2
    assert all(each.effect is Effect.NOT_SENT for each in turned_away)
    assert len(await sandbox.time_entries()) == 4


async def test_an_export_cannot_starve_a_search(sandbox: Sandbox, psa: Psa):
    await sandbox.faults({"do": "delay", "ms": 600, "match": {"path": "/api/time-entries"}})
    export = asyncio.gather(*(psa.time_by_ref(f"ref-{number}") for number in range(4)))
    await asyncio.sleep(0.05)

    page = await psa.find_tickets("ACM-101", None, 10, None)

    assert page.total == 1
    assert not export.done()
    await export


async def test_a_429_pauses_every_call_until_its_time_has_come(sandbox: Sandbox):
    at = 0.0
    connections = PsaConnections(QUICK, Clock(monotonic=lambda: at))
    psa = connections.psa_for("org_acme", sandbox.credentials())
    await sandbox.faults({"do": "rate_limit", "retryAfter": 23, "times": 1})
    with pytest.raises(PsaRateLimited) as first:
        await psa.record_time(HOUR, "key-1")

    at = 10.5
    with pytest.raises(PsaRateLimited) as second:
        await psa.contract("k-1")
    at = 23.5
    record = await psa.record_time(HOUR, "key-1")

    assert (first.value.retry_after_seconds, second.value.retry_after_seconds) == (23, 13)
    assert second.value.effect is Effect.NOT_APPLIED
    assert record.external_ref == HOUR.external_ref
    assert [call["status"] for call in await sandbox.log()] == [429, 201]
    await connections.close()


async def test_the_budget_is_what_the_last_answer_said(sandbox: Sandbox, psa: Psa):
    assert psa.budget.limit is None
    await sandbox.settings(rateLimit=100)

    await psa.check()
    await psa.check()

    assert (psa.budget.limit, psa.budget.remaining) == (100, 98)
    assert 0 < (psa.budget.resets_in_seconds or 0) <= 60


async def test_a_spent_budget_is_not_overdrawn(sandbox: Sandbox, psa: Psa):
    await sandbox.settings(rateLimit=2)
    await psa.check()
    await psa.check()

    with pytest.raises(PsaRateLimited):
        await psa.check()

    assert len(await sandbox.log()) == 2
