"""Who is connected to which PSA, and what becomes of a road whose settings change."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from psa.errors import PsaError, PsaNotConfigured, PsaUnreachable
from tests.psa.conftest import ESCALATION, HOUR
from tests.psa_sandbox import KEY, Sandbox

if TYPE_CHECKING:
    from psa.connections import PsaConnections
    from psa.port import Psa


async def test_an_organisation_without_settings_is_told_so(sandbox: Sandbox, connections: PsaConnections):
    psa = connections.psa_for("org_acme", None)

    for verb in (psa.check(), psa.contract("k-1"), psa.open_ticket(ESCALATION, "key"), psa.lookups()):
        with pytest.raises(PsaNotConfigured):
            await verb

    assert psa.budget.limit is None
    assert await sandbox.log() == []


async def test_a_rotated_key_takes_effect_while_an_old_call_ends_well(sandbox: Sandbox, connections: PsaConnections):
    old = connections.psa_for("org_acme", sandbox.credentials())
    await sandbox.settings(latencyMs=200)
    under_way = asyncio.create_task(old.record_time(HOUR, "key-1"))
    await asyncio.sleep(0.05)

    new = connections.psa_for("org_acme", sandbox.credentials(key="wrong"))

    with pytest.raises(PsaError, match="integration key"):
        await new.check()
    assert (await under_way).external_ref == HOUR.external_ref
    with pytest.raises(PsaUnreachable):
        await old.check()


async def test_the_same_settings_keep_the_same_road(sandbox: Sandbox, connections: PsaConnections):
    await sandbox.settings(rateLimit=100)
    await connections.psa_for("org_acme", sandbox.credentials()).check()

    again = connections.psa_for("org_acme", sandbox.credentials())

    assert again.budget.remaining == 99


async def test_the_key_is_in_no_error_and_no_repr(sandbox: Sandbox, psa: Psa):
    shown = [repr(psa), repr(vars(psa)), repr(sandbox.credentials())]

    for rule in ({"do": "refuse"}, {"do": "garbage"}, {"do": "status"}, {"do": "delay", "ms": 2_000}):
        await sandbox.faults(rule)
        with pytest.raises(PsaError) as caught:
            await psa.record_time(HOUR, "key-1")
        shown += [repr(caught.value), str(caught.value), repr(vars(caught.value)), repr(caught.value.__cause__)]

    assert not [text for text in shown if KEY in text]


async def test_an_organisation_that_removes_its_settings_is_disconnected(sandbox: Sandbox, connections: PsaConnections):
    old = connections.psa_for("org_acme", sandbox.credentials())

    new = connections.psa_for("org_acme", None)
    await asyncio.sleep(0)

    with pytest.raises(PsaNotConfigured):
        await new.check()
    with pytest.raises(PsaUnreachable):
        await old.check()


async def test_only_so_many_roads_are_kept(
    sandbox: Sandbox, connections: PsaConnections, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("psa.connections.ROADS_KEPT", 2)
    first = connections.psa_for("org_1", sandbox.credentials())
    second = connections.psa_for("org_2", sandbox.credentials())
    connections.psa_for("org_1", sandbox.credentials())

    connections.psa_for("org_3", sandbox.credentials())

    await first.check()
    with pytest.raises(PsaUnreachable):
        await second.check()
