"""Exporting time: what is asked for is written down first, then the outbox takes turns with it while somebody waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.access import Action
from db.connections.commands import is_configured
from db.exports import lookups, previews, requests, retries, voids
from db.exports.candidates import MOST_LISTED
from db.exports.lookups import Finding
from db.exports.outcomes import Outcome, outcomes
from db.exports.refusals import PsaEntryInvoiced
from db.exports.sightings import Sighting, settle_line
from db.ledger.tables import OpState
from db.refusals import InvalidInput
from psa.errors import PsaNotConfigured, PsaRejected

from .inputs import require_texts
from .levels import Level, Part
from .permissions import may_in_project

if TYPE_CHECKING:
    from db.exports.batches import Requested
    from db.exports.candidates import Verdict
    from db.exports.previews import Line, Preview

    from .context import Context

PATIENCE = 8.0  # seconds; what takes longer goes on without the request


@dataclass(slots=True)
class ExportVerdict(Part):
    """What became of one entry that was to be exported; a verdict without an outcome was not taken."""

    verdict: Verdict
    outcome: Outcome | None

    @property
    def time_entry_id(self) -> str:
        """Return the id that was asked for."""
        return self.verdict.entry_id

    @property
    def batch_id(self) -> str | None:
        """Return the batch in which the entry is, or was before."""
        return self.verdict.batch_id


@dataclass(slots=True)
class PreviewLine(Part):
    """What would become of one entry."""

    time_entry_id: str
    line: Line


async def export_time_entries(context: Context, asked: Any) -> dict[str, Any]:
    """Put entries on their way to the project's contract and wait a while for what becomes of them.

    Of all that is eligible, which may be many, nobody waits: the worker takes them.
    """
    ids = _listed(asked.time_entry_ids, all_eligible=asked.all_eligible)
    await may_in_project(context, asked.project_id, Action.EXPORT_TIME)
    await require_configured(context)
    async with context.database.write(context.viewer.org_id) as session:
        requested = await requests.request(
            session, context.viewer, asked.project_id, ids, policy=asked.policy, now=context.now,
            idempotency_key=asked.idempotency_key, expect_fingerprint=asked.expect_fingerprint,
        )  # fmt: skip
    return {"project_id": asked.project_id, **await _begun(context, requested, may_wait=ids is not None)}


async def retry_export(context: Context, asked: Any) -> dict[str, Any]:
    """Put what the PSA refused of a batch on its way again, and wait a while unless it is too much to wait for."""
    await require_configured(context)
    async with context.database.write(context.viewer.org_id) as session:
        project_id, requested = await retries.retry(
            session, context.viewer, asked.batch_id, idempotency_key=asked.idempotency_key, now=context.now
        )
    may_wait = len(requested.verdicts) <= MOST_LISTED
    begun = await _begun(context, requested, may_wait=may_wait)
    return {"project_id": project_id, "retried_id": asked.batch_id, **begun}


async def void_export(context: Context, asked: Any) -> dict[str, Any]:
    """Ask the PSA to take an exported line back, and wait a while for its answer."""
    await require_configured(context)
    org_id = context.viewer.org_id
    async with context.database.write(org_id) as session:
        voiding = await voids.enqueue_void(
            session, context.viewer, asked.export_line_id, reason=asked.reason,
            idempotency_key=asked.idempotency_key, now=context.now,
        )  # fmt: skip
    await context.outbox.run_for(org_id, [voiding.op_id], PATIENCE)
    async with context.database.read(org_id) as session:
        answer = (await outcomes(session, org_id, [voiding.op_id]))[voiding.op_id]
    if answer.error_code == PsaEntryInvoiced.code:
        raise PsaEntryInvoiced(asked.export_line_id)
    if answer.state is OpState.REJECTED:
        raise PsaRejected(answer.error_message or "The PSA did not take the line back.")
    return {"line_id": asked.export_line_id, "entry_id": voiding.entry_id, "replayed": voiding.replayed}


async def resolve_unknown_export(context: Context, asked: Any) -> dict[str, Any]:
    """Look a line up in the PSA now; what is not found is sent only by the ledger's own rules, never on a guess.

    Where no lookup can tell, what the caller saw in the PSA settles the line.
    """
    if asked.seen is not None:
        return await _settled_as_seen(context, asked.export_line_id, asked.seen)
    await require_configured(context)
    org_id = context.viewer.org_id
    async with context.database.write(org_id) as session:
        now = await context.outbox.clock(session)
        looking = await lookups.ask_lookup(session, context.viewer, asked.export_line_id, now)
    if looking.op_id is not None:
        await context.outbox.run_for(org_id, [looking.op_id], PATIENCE)
    async with context.database.read(org_id) as session:
        finding = await lookups.finding(session, org_id, looking)
    return {"line_id": asked.export_line_id, "entry_id": looking.entry_id, "finding": finding}


async def export_preview(context: Context, project_id: str, entry_ids: list[str] | None) -> Preview:
    """Tell what an export would do, by the same rules; nothing is written, and the PSA is not asked."""
    require_texts(project_id=project_id, time_entry_ids=entry_ids)
    await may_in_project(context, project_id, Action.EXPORT_TIME)
    await require_configured(context)
    async with context.database.read(context.viewer.org_id) as session:
        return await previews.preview(session, context.viewer, project_id, entry_ids, today=context.today)


async def require_configured(context: Context) -> None:
    """Raise PsaNotConfigured: until the connection is set up there is nothing to send to (the seed)."""
    async with context.database.read(context.viewer.org_id) as session:
        if not await is_configured(session, context.viewer.org_id):
            raise PsaNotConfigured


async def _begun(context: Context, requested: Requested, *, may_wait: bool) -> dict[str, Any]:
    """Return what a payload tells of a batch: its lines once they were waited for, none where nobody waits."""
    if not may_wait:
        context.outbox.ring()
    return {
        "batch_id": requested.batch and requested.batch.id,
        "lines": await _settled(context, requested) if may_wait else [],
        "replayed": requested.replayed,
    }


async def _settled(context: Context, requested: Requested) -> list[ExportVerdict]:
    await context.outbox.run_for(context.viewer.org_id, requested.op_ids, PATIENCE)
    async with context.database.read(context.viewer.org_id) as session:
        settled = await outcomes(session, context.viewer.org_id, requested.op_ids)
    level = Level()
    return [ExportVerdict(level, verdict, settled.get(verdict.op_id or "")) for verdict in requested.verdicts]


async def _settled_as_seen(context: Context, line_id: str, seen: Any) -> dict[str, Any]:
    if seen.absent is (seen.psa_time_entry_id is not None):
        raise InvalidInput({"seen": "must name psaTimeEntryId, or else say absent: true"})
    async with context.database.write(context.viewer.org_id) as session:
        entry_id = await settle_line(
            session, context.viewer, line_id, Sighting(seen.psa_time_entry_id), await context.outbox.clock(session),
            context.outbox.may_arrive_until,
        )  # fmt: skip
    return {"line_id": line_id, "entry_id": entry_id, "finding": Finding.ABSENT if seen.absent else Finding.FOUND}


def _listed(entry_ids: list[str] | None, *, all_eligible: bool) -> list[str] | None:
    if all_eligible == (entry_ids is not None):
        raise InvalidInput({"time_entry_ids": "must be given, or else allEligible: true"})
    return entry_ids
