"""Saving a PSA connection, and coming by what is sealed in it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError

from db import activity, inputs
from db.access import Action, require_org
from db.activity import ActivityKind
from db.refusals import InvalidInput

from .tables import CheckResult, PsaConnection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from db.session import ReadSession, WriteSession
    from db.vaults import Vault
    from db.viewers import Viewer

PURPOSE = "psa-integration-key"
SHORTEST_KEY = 16
LONGEST_URL = 2000


async def save(
    session: WriteSession, viewer: Viewer, values: Mapping[str, Any], *, vault: Vault, now: datetime,
    loopback_http: bool = False,
) -> PsaConnection:  # fmt: skip
    """Save what is given of `tenant_id`, `api_url` and `integration_key`; what is left out stays as it was.

    The tenant is the Hub's organisation id (the seed) and may be left out. A replaced key stops at once: it is found
    by its hash, of which there is one. Raise Forbidden or InvalidInput.
    """
    require_org(viewer, Action.CONFIGURE)
    clean = inputs.checked(_checks(viewer.org_id, loopback_http=loopback_http), values)
    connection = await session.get(PsaConnection, viewer.org_id)
    if connection is None:
        absent = {"api_url", "integration_key"} - clean.keys()
        if absent:
            raise InvalidInput(dict.fromkeys(sorted(absent), "is needed to configure the connection"))
        connection = PsaConnection(org_id=viewer.org_id, tenant_id=viewer.org_id)
        session.add(connection)
    if clean.get("api_url", connection.api_url) != connection.api_url:
        connection.api_url = clean["api_url"]
        _forget_check(connection)
    if "integration_key" in clean:
        _replace_key(connection, clean["integration_key"], vault, now)
    await _flush(session)
    activity.record(
        session, viewer, None, now, kind=ActivityKind.CONNECTION_SAVED, summary="Saved the PSA connection",
        details={"fields": sorted(clean)},
    )  # fmt: skip
    return connection


async def current(session: ReadSession | WriteSession, viewer: Viewer) -> PsaConnection | None:
    """Return the connection's settings, None where it is not configured. Raise Forbidden."""
    require_org(viewer, Action.CONFIGURE)
    return await session.get(PsaConnection, viewer.org_id)


async def is_configured(session: ReadSession | WriteSession, org_id: str) -> bool:
    """Tell whether the organisation has saved its settings (the seed: until then there is no export)."""
    return await session.get(PsaConnection, org_id) is not None


async def credentials(session: ReadSession | WriteSession, org_id: str, vault: Vault) -> tuple[str, str, str] | None:
    """Return tenant, URL and key of an organisation's PSA, or None where it is not configured. Raise BrokenSeal."""
    connection = await session.get(PsaConnection, org_id)
    if connection is None:
        return None
    return connection.tenant_id, connection.api_url, vault.open(org_id, PURPOSE, connection.key_sealed)


async def record_check(
    session: WriteSession, org_id: str, result: CheckResult, message: str | None, *, now: datetime
) -> PsaConnection | None:
    """Keep what a test of the connection found, where there still is one."""
    connection = await session.get(PsaConnection, org_id)
    if connection is not None:
        connection.last_checked_at = now
        connection.last_check_result, connection.last_check_message = result, message
    return connection


def address(value: str, *, loopback_http: bool) -> str:
    """Return a PSA's URL without its trailing slash; raise ValueError unless it is https, or http to this machine."""
    value = inputs.text(value).strip().rstrip("/")
    url = urlsplit(value)
    plain_allowed = loopback_http and url.scheme == "http" and _is_loopback(url.hostname or "")
    if url.scheme != "https" and not plain_allowed:
        raise ValueError("must begin with https://")
    if not url.hostname or len(value) > LONGEST_URL or url.username or url.password or url.query or url.fragment:
        raise ValueError("must be the base URL of a PSA, such as https://api.theonepsa.app")
    url.port  # noqa: B018 - raises ValueError for what is no port
    return value


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checks(org_id: str, *, loopback_http: bool) -> dict[str, inputs.Check]:
    def tenant(value: str) -> str:
        if value.strip() != org_id:
            raise ValueError(f"must be your Hub organization ID, {org_id}")
        return org_id

    def key(value: str) -> str:
        value = inputs.name(value)
        if len(value) < SHORTEST_KEY or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(f"must be at least {SHORTEST_KEY} printable characters without spaces")
        return value

    return {
        "tenant_id": inputs.required(tenant),
        "api_url": inputs.required(lambda url: address(url, loopback_http=loopback_http)),
        "integration_key": inputs.required(key),
    }


def _replace_key(connection: PsaConnection, key: str, vault: Vault, now: datetime) -> None:
    connection.key_sealed = vault.seal(connection.org_id, PURPOSE, key)
    connection.key_hash = vault.digest(key)
    connection.key_last_four = key[-4:]
    connection.key_updated_at = now
    _forget_check(connection)


def _forget_check(connection: PsaConnection) -> None:
    connection.last_checked_at = connection.last_check_result = connection.last_check_message = None


async def _flush(session: WriteSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise InvalidInput({"integration_key": "cannot be used; generate a new one in the PSA"}) from None
