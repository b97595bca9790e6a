"""The PSA connection, as administrators see it; the key is never shown to anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from db.connections.tables import PsaConnection
from db.organizations import Role
from tests.acting import rows
from tests.asking import open_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from tests.asking import Desk
    from tests.psa_sandbox import Sandbox

SHOWN = (
    "status configured tenantId apiUrl keyIsSet keyLastFour lastCheckResult budget { limit remaining resetsInSeconds }"
)
CONNECTION = f"{{ psaConnection {{ {SHOWN} }} }}"
SAVE = f"""mutation ($input: SavePsaConnectionInput!) {{ savePsaConnection(input: $input) {{
  ... on SavePsaConnectionPayload {{ psaConnection {{ {SHOWN} }} }}
  ... on InvalidInputError {{ problems {{ field }} }} ... on ProjectsError {{ code message }} }} }}"""
TEST = """mutation { testPsaConnection(input: {}) {
  ... on TestPsaConnectionPayload { ok result error { code hint }
    psaConnection { status lastCheckResult lastCheckedAt } }
  ... on ProjectsError { code message } } }"""
NO_BUDGET = {"limit": None, "remaining": None, "resetsInSeconds": None}


@pytest.fixture
async def bare(database: Database, sandbox: Sandbox) -> AsyncIterator[Desk]:
    """Open a desk that is not connected yet."""
    desk = await open_desk(database, sandbox, configured=False)
    yield desk
    await sandbox.faults()
    await desk.leave()


async def saved(desk: Desk, role: Role = Role.OWNER, /, **said: Any) -> Any:
    return await desk.do(SAVE, role, **({"apiUrl": desk.sandbox.base_url, "integrationKey": desk.key} | said))


async def test_before_anything_is_saved_nothing_is_configured(bare: Desk):
    shown = await bare.ask(CONNECTION, Role.ADMIN)

    assert shown == {
        "status": "NOT_CONFIGURED", "configured": False, "tenantId": None, "apiUrl": None, "keyIsSet": False,
        "keyLastFour": None, "lastCheckResult": None, "budget": NO_BUDGET,
    }  # fmt: skip


async def test_settings_are_saved_and_the_key_is_shown_by_its_last_four(bare: Desk):
    answer = await saved(bare, Role.ADMIN, tenantId=bare.org)
    shown = await bare.ask(CONNECTION)

    assert answer["psaConnection"] == shown == {
        "status": "NOT_TESTED", "configured": True, "tenantId": bare.org, "apiUrl": bare.sandbox.base_url,
        "keyIsSet": True, "keyLastFour": bare.key[-4:], "lastCheckResult": None, "budget": NO_BUDGET,
    }  # fmt: skip


async def test_what_is_left_out_stays(bare: Desk):
    await saved(bare)

    changed = await bare.do(SAVE, apiUrl="https://psa.example/")

    assert changed["psaConnection"]["apiUrl"] == "https://psa.example"
    assert changed["psaConnection"]["keyLastFour"] == bare.key[-4:]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"apiUrl": "http://psa.example"}, "apiUrl"),
        ({"integrationKey": "short"}, "integrationKey"),
        ({"tenantId": "org_another"}, "tenantId"),
        ({"apiUrl": None}, "apiUrl"),
    ],
)
async def test_settings_that_cannot_be_are_refused(bare: Desk, said: dict[str, str | None], field: str):
    refused = await saved(bare, **said)

    assert (refused["code"], [problem["field"] for problem in refused["problems"]]) == ("INVALID_INPUT", [field])
    assert await rows(bare.database, bare.org, PsaConnection) == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER, Role.VIEWER])
async def test_only_administrators_see_save_or_test_the_connection(desk: Desk, role: Role):
    seen = await desk.error_codes(CONNECTION, role)
    stored = await saved(desk, role)
    tested = await desk.ask(TEST, role)

    assert seen == ["FORBIDDEN"]
    assert (stored["code"], tested["code"]) == ("FORBIDDEN", "FORBIDDEN")
    assert await desk.calls() == []


async def test_a_test_really_asks_and_is_remembered(desk: Desk):
    tested = await desk.ask(TEST, Role.ADMIN)

    assert (tested["ok"], tested["result"], tested["error"]) == (True, "OK", None)
    assert tested["psaConnection"].pop("lastCheckedAt").startswith("2026-03-02T09:30:")
    assert tested["psaConnection"] == {"status": "OK", "lastCheckResult": "OK"}
    assert len(await desk.calls()) == 1


@pytest.mark.parametrize(
    ("fault", "result", "code"),
    [
        ({"do": "status", "status": 401}, "BAD_CREDENTIALS", "PSA_BAD_CREDENTIALS"),
        ({"do": "status", "status": 503}, "UNAVAILABLE", "PSA_UNAVAILABLE"),
        ({"do": "status", "status": 404}, "UNAVAILABLE", "PSA_UNAVAILABLE"),
        ({"do": "rate_limit", "retryAfter": 20}, "RATE_LIMITED", "PSA_RATE_LIMITED"),
    ],
)
async def test_a_test_that_fails_says_why(desk: Desk, fault: dict[str, Any], result: str, code: str):
    await desk.sandbox.faults(fault)

    tested = await desk.ask(TEST)

    assert (tested["ok"], tested["result"], tested["error"]["code"]) == (False, result, code)
    assert tested["psaConnection"]["status"] == result


async def test_an_address_where_nobody_is_cannot_be_reached(bare: Desk):
    await saved(bare, apiUrl="http://127.0.0.1:9")

    tested = await bare.ask(TEST)

    assert (tested["ok"], tested["result"]) == (False, "UNREACHABLE")


async def test_what_is_not_configured_cannot_be_tested(bare: Desk):
    tested = await bare.ask(TEST)

    assert tested["code"] == "PSA_NOT_CONFIGURED"


async def test_what_the_psa_says_of_its_budget_is_shown(desk: Desk):
    await desk.sandbox.settings(tenant=desk.org, rateLimit=100)
    await desk.ask(TEST)

    shown = await desk.ask(CONNECTION)

    assert (shown["budget"]["limit"], shown["budget"]["remaining"]) == (100, 99)


async def test_no_answer_holds_the_key(desk: Desk):
    wrong = "canary-key-that-is-wrong-000"
    answers = [
        await saved(desk), await desk.ask(CONNECTION), await desk.ask(TEST),
        await saved(desk, integrationKey=wrong), await desk.ask(TEST), await saved(desk, integrationKey=f"{wrong} "),
        await saved(desk, integrationKey=f"{wrong} {wrong}"),
    ]  # fmt: skip

    text = json.dumps(answers)

    assert desk.key not in text
    assert wrong not in text
    assert "BAD_CREDENTIALS" in text
