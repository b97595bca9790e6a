"""The PSA connection: saving it, testing it, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.access import Action, require_org
from db.connections import commands
from db.connections.tables import CheckResult
from psa.errors import (
    PsaBadCredentials,
    PsaError,
    PsaNotConfigured,
    PsaRateLimited,
    PsaUnreachable,
)

from .inputs import said
from .listings import listed

if TYPE_CHECKING:
    from db.connections.tables import PsaConnection
    from psa.port import Budget

    from .context import Context

RESULTS = {
    PsaBadCredentials: CheckResult.BAD_CREDENTIALS,
    PsaUnreachable: CheckResult.UNREACHABLE,
    PsaRateLimited: CheckResult.RATE_LIMITED,
}


async def save_psa_connection(context: Context, asked: Any) -> dict[str, Any]:
    """Save what is given of the settings; exports that waited for them go on."""
    require_org(context.viewer, Action.CONFIGURE)
    assert context.vault is not None  # noqa: S101 - the door hands one to every operation
    async with context.database.write(context.viewer.org_id) as session:
        saved = await commands.save(
            session, context.viewer, said(asked),
            vault=context.vault, now=context.now, loopback_http=context.loopback_http,
        )  # fmt: skip
    if context.viewers is not None:
        context.viewers.forget(context.viewer.org_id)  # a replaced key lets nobody in from now on
    await context.outbox.connection_changed(context.viewer.org_id)
    return {"known": (saved, await _budget(context))}


async def test_psa_connection(context: Context, asked: Any) -> dict[str, Any]:  # noqa: ARG001 - nothing to say
    """Ask the PSA something small, and keep what came of it. Raise PsaNotConfigured, Forbidden."""
    async with context.database.read(context.viewer.org_id) as session:
        if await commands.current(session, context.viewer) is None:
            raise PsaNotConfigured
    result, error = await _check(context)
    async with context.database.write(context.viewer.org_id) as session:
        message = error and error.message
        checked = await commands.record_check(session, context.viewer.org_id, result, message, now=context.now)
    if error is None:
        await context.outbox.connection_changed(context.viewer.org_id)
    return {
        "known": (checked, await _budget(context)),
        "result": result,
        "met": error,
    }


async def psa_connection(context: Context) -> tuple[PsaConnection | None, Budget]:
    """Return the settings, None where there are none, and what is left of the PSA's calls a minute. Raise Forbidden."""
    async with context.database.read(context.viewer.org_id) as session:
        saved = await commands.current(session, context.viewer)
    return saved, await _budget(context)


async def _check(context: Context) -> tuple[CheckResult, PsaError | None]:
    try:
        psa = await context.psa()
        await listed(psa.check())
    except PsaError as error:
        return RESULTS.get(type(error), CheckResult.UNAVAILABLE), error
    return CheckResult.OK, None


async def _budget(context: Context) -> Budget:
    return (await context.psa()).budget
