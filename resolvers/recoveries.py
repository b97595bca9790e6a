"""A restored ledger from the command line: what is done about it, in words, and whether exports go on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from db.ledger.incarnations import suspension

from .outbox.recoveries import recover_ledger, resume
from .rooms import open_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from .outbox.outboxes import Outbox
    from .rooms import Wishes

GO_ON = "Exports go on."


class NotUnderstood(Exception):
    """What was said is no order; the message says what one looks like."""


async def obeyed(wishes: Wishes, deed: str, since: str, patience: float, tell: Callable[[str], None]) -> bool:
    """Do what was said (status, recover, resume), tell how it goes, and return whether exports go on.

    `since` is a moment in ISO 8601, for `recover`; `patience` is in seconds. Raise NotUnderstood.
    """
    at = _moment(since) if deed == "recover" else None
    async with open_ledger(wishes) as (roads, outbox):
        if at is not None:
            return await _recovered(outbox, at, patience, tell)
        if deed == "resume":
            await resume(outbox)
        async with roads.database.read(None) as session:
            why = await suspension(session)
    tell(GO_ON if why is None else f"Exports are suspended. {why}")
    return why is None


async def _recovered(outbox: Outbox, since: datetime, patience: float, tell: Callable[[str], None]) -> bool:
    report = await recover_ledger(outbox, since, patience, tell)
    if report.unanswered:
        tell(
            f"{report.unanswered} of {report.in_doubt} got no answer: exports stay suspended. Run this again, or"
            " `ledger resume`: what is in doubt is looked up before it is sent."
        )
        return False
    if report.unaudited:
        tell(f"{report.unaudited} of {report.to_audit} confirmed ones got no answer: servers go on asking. {GO_ON}")
        return True
    tell(f"{report.in_doubt + report.to_audit} were looked up, and all were answered. {GO_ON}")
    return True


def _moment(words: str) -> datetime:
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise NotUnderstood("Say from when on what was sent may be forgotten: --since 2026-11-23T10:00:00Z")
    return at
