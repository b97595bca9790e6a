"""The PSA connection is saved in parts, its key sealed and findable; nobody sees it again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from db.connections import commands
from db.connections.tables import CheckResult, PsaConnection
from db.organizations import Role
from db.refusals import Forbidden, InvalidInput
from db.vaults import BrokenSeal, Vault
from db.viewers import integration_viewer
from tests import given
from tests.acting import does, kinds, rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database

VAULT = Vault([Fernet.generate_key().decode()], "pepper")
KEY, OTHER_KEY = "psa_live_0123456789abcdef", "psa_live_fedcba9876543210"
URL = "https://api.theonepsa.app"


async def saved(database: Database, place: given.Workplace, role: Role = Role.ADMIN, **values: Any) -> PsaConnection:
    return await does(database, place.viewer(role), commands.save, values, vault=VAULT, now=NOW)


async def credentials(database: Database, org: str) -> tuple[str, str, str] | None:
    async with database.read(org) as session:
        return await commands.credentials(session, org, VAULT)


async def test_a_saved_key_can_be_sent_and_found_but_is_nowhere_to_be_read(database: Database):
    place = await given.workplace(database)
    key = KEY + place.org

    await saved(database, place, tenant_id=place.org, api_url=URL + "/", integration_key=key)

    [stored] = await rows(database, place.org, PsaConnection)
    async with database.read(None) as session:
        found = await integration_viewer(session, VAULT.digest(key))
    assert await credentials(database, place.org) == (place.org, URL, key)
    assert found is not None
    assert (found.org_id, stored.key_last_four) == (place.org, key[-4:])
    assert key not in repr({name: getattr(stored, name) for name in PsaConnection.__table__.columns.keys()})  # noqa: SIM118
    assert await kinds(database, place.org) == ["CONNECTION_SAVED"]


async def test_what_is_left_out_stays_and_a_new_key_stops_the_old_one(database: Database):
    place = await given.workplace(database)
    first, second = KEY + place.org, OTHER_KEY + place.org
    await saved(database, place, api_url=URL, integration_key=first)

    await saved(database, place, api_url="https://psa.example.com")
    moved = await credentials(database, place.org)
    await saved(database, place, integration_key=second)

    async with database.read(None) as session:
        old = await integration_viewer(session, VAULT.digest(first))
        new = await integration_viewer(session, VAULT.digest(second))
    assert moved == (place.org, "https://psa.example.com", first)
    assert await credentials(database, place.org) == (place.org, "https://psa.example.com", second)
    assert old is None
    assert new is not None


async def test_the_first_save_needs_everything(database: Database):
    place = await given.workplace(database)

    with pytest.raises(InvalidInput) as refused:
        await saved(database, place, api_url=URL)

    assert list(refused.value.fields) == ["integration_key"]
    assert await credentials(database, place.org) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant_id", "org_of_others"),
        ("integration_key", "short"),
        ("integration_key", "white space in the middle"),
        ("integration_key", None),
        *(
            ("api_url", url)
            for url in (
                "", "api.theonepsa.app", "ftp://x.example", "http://x.example", "http://127.0.0.1:9000", "https://",
                "https://u:p@x.example", "https://x.example?a=1", "https://x.example#a", "https://x.example:99999",
                "https://[", "https://" + "x" * 3000,
            )
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_connection_is_refused(database: Database, field: str, value: str | None):
    place = await given.workplace(database)
    said = {"api_url": URL, "integration_key": KEY} | {field: value}

    with pytest.raises(InvalidInput) as refused:
        await does(database, place.viewer(), commands.save, said, vault=VAULT, now=NOW)

    assert list(refused.value.fields) == [field]
    assert await rows(database, place.org, PsaConnection) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"])
def test_plain_http_is_taken_for_this_machine_where_that_is_allowed(url: str):
    assert commands.address(url + "/", loopback_http=True) == url


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://localhost.example.com"])
def test_plain_http_is_never_taken_for_another_machine(url: str):
    with pytest.raises(ValueError, match="https"):
        commands.address(url, loopback_http=True)


async def test_a_key_belongs_to_one_organisation(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    await saved(database, place, api_url=URL, integration_key=KEY + "shared")

    with pytest.raises(InvalidInput) as refused:
        await saved(database, elsewhere, api_url=URL, integration_key=KEY + "shared")

    assert list(refused.value.fields) == ["integration_key"]
    assert await credentials(database, elsewhere.org) is None


async def test_managers_save_no_connection(database: Database):
    place = await given.workplace(database)

    with pytest.raises(Forbidden):
        await saved(database, place, Role.MANAGER, api_url=URL, integration_key=KEY)


async def test_a_check_is_remembered_until_the_address_or_key_changes(database: Database):
    place = await given.workplace(database)
    await saved(database, place, api_url=URL, integration_key=KEY + place.org)

    async with database.write(place.org) as session:
        await commands.record_check(session, place.org, CheckResult.BAD_CREDENTIALS, "401", now=NOW)
    [checked] = await rows(database, place.org, PsaConnection)
    await saved(database, place, integration_key=OTHER_KEY + place.org)

    [changed] = await rows(database, place.org, PsaConnection)
    assert (checked.last_checked_at, checked.last_check_result) == (NOW, "BAD_CREDENTIALS")
    assert (changed.last_checked_at, changed.last_check_result, changed.last_check_message) == (None, None, None)


def test_a_seal_holds_for_one_tenant_and_one_purpose_and_only_under_our_keys():
    sealed = VAULT.seal("org_1", "psa", KEY)

    assert VAULT.open("org_1", "psa", sealed) == KEY
    for vault, tenant, purpose, text in (
        (VAULT, "org_2", "psa", sealed),
        (VAULT, "org_1", "mail", sealed),
        (VAULT, "org_1", "psa", sealed[:-2]),
        (Vault([Fernet.generate_key().decode()], "pepper"), "org_1", "psa", sealed),
    ):
        with pytest.raises(BrokenSeal):
            vault.open(tenant, purpose, text)


def test_keys_are_rotated_by_renewing_every_seal():
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Vault([old], "pepper").seal("org_1", "psa", KEY)

    renewed = Vault([new, old], "pepper").renew(sealed)

    assert Vault([new], "pepper").open("org_1", "psa", renewed) == KEY
    with pytest.raises(BrokenSeal):
        Vault([new], "pepper").renew(sealed)


def test_a_vault_and_its_troubles_show_no_secret():
    said = repr(VAULT) + repr(replace(given.integration(given.organization()), name=str(VAULT)))

    with pytest.raises(BrokenSeal) as broken:
        VAULT.open("org_1", "psa", KEY)

    assert "pepper" not in said
    assert KEY not in repr(broken.value) + str(broken.value)
    assert broken.value.__cause__ is None
