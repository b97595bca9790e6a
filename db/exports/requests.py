"""Asking for an export: verdicts, a batch of frozen lines, and ops in the ledger, all in one unit (domain 8.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import contracts, idempotency
from db.access import Action, project_for
from db.refusals import ContractNotLinked

from .batches import Export, replayed
from .candidates import chosen, judge
from .fingerprints import fingerprint
from .refusals import PreviewStale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from db.session import WriteSession
    from db.viewers import Viewer

    from .batches import ExportPolicy, Requested


async def request(
    session: WriteSession, viewer: Viewer, project_id: str, entry_ids: Sequence[str] | None, *,
    policy: ExportPolicy, idempotency_key: str, now: datetime, expect_fingerprint: str | None = None,
) -> Requested:  # fmt: skip
    """Put entries of a project on their way to its contract; None asks for all that are eligible.

    With `expect_fingerprint` only what that preview showed is sent, or nothing. Raise ProjectNotFound, Forbidden,
    ContractNotLinked, IdempotencyKeyReused, InvalidInput (none listed), ListTooLong (200 listed, 20,000 eligible),
    PreviewStale or ExportQueueFull.
    """
    ids = None if entry_ids is None else list(dict.fromkeys(entry_ids))
    said = {"caller": viewer.user_id, "project": project_id, "entries": ids, "policy": policy}
    wished = idempotency.wish(idempotency_key, "exportTimeEntries", said | {"preview": expect_fingerprint})
    project = await project_for(session, viewer, project_id, Action.EXPORT_TIME)
    done = await idempotency.replay(session, viewer.org_id, wished)
    if done is not None:
        return await replayed(session, viewer, done, ids)
    contract = await contracts.active_link(session, project)
    if contract is None:
        raise ContractNotLinked(project.id, project.client_id)
    found = await chosen(session, project, ids)
    verdicts = await judge(session, viewer, project, list(found) if ids is None else ids, found)
    # The project is locked: nobody edits an entry, asks for it or links another contract before this unit ends.
    eligible = [found[entry_id] for entry_id, verdict in verdicts.items() if verdict.code is None]
    if expect_fingerprint not in (None, fingerprint(contract, eligible)):
        raise PreviewStale(project.id)
    export = Export(session, viewer, project, contract, policy, now)
    return await export.begin(wished, found, verdicts)
