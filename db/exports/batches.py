"""A batch in the making: frozen lines and ops of the ledger, for exports and for retries alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from db import activity, idempotency
from db.activity import ActivityKind
from db.base import new_id
from db.ledger.intents import Intent, enqueue
from db.ledger.reads import waiting
from db.ledger.tables import OpKind
from db.time_entries.rules import Obstacle, billing_amount

from .candidates import MOST_ELIGIBLE, Candidate, Verdict, listed
from .refusals import ExportQueueFull
from .tables import ExportBatch, ExportLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from db.contracts import ContractLink
    from db.idempotency import Wish
    from db.projects.tables import Project
    from db.session import WriteSession
    from db.viewers import Viewer


class ExportPolicy(StrEnum):
    """What one entry that cannot be exported means for the others."""

    BEST_EFFORT = "BEST_EFFORT"
    ALL_OR_NOTHING = "ALL_OR_NOTHING"


@dataclass(frozen=True, slots=True)
class Requested:
    """What an export request brought about. Without a batch nothing will be sent, and `verdicts` say why.

    `verdicts` are in the order of the request, each id once; `replayed` says that an earlier request had the key.
    """

    batch: ExportBatch | None
    verdicts: tuple[Verdict, ...]
    replayed: bool = False

    @property
    def op_ids(self) -> tuple[str, ...]:
        """Return the ops of the lines that were taken."""
        return tuple(verdict.op_id for verdict in self.verdicts if verdict.op_id)


@dataclass(frozen=True, slots=True)
class Export:
    """A request that passed the door."""

    session: WriteSession
    viewer: Viewer
    project: Project
    contract: ContractLink
    policy: ExportPolicy
    now: datetime

    async def begin(self, wished: Wish, found: Mapping[str, Candidate], verdicts: dict[str, Verdict]) -> Requested:
        """Take the eligible entries, unless the policy or others that were faster forbid it."""
        eligible = [found[entry_id] for entry_id, verdict in verdicts.items() if verdict.code is None]
        if not eligible or not self._suffices(len(eligible), verdicts):
            return Requested(None, tuple(verdicts.values()))
        if await waiting(self.session, self.viewer.org_id) + len(eligible) > MOST_ELIGIBLE:
            raise ExportQueueFull(MOST_ELIGIBLE)
        batch_id = new_id(ExportBatch.PREFIX)
        async with self.session.begin_nested() as attempt:
            taken = await enqueue(self.session, [self._intent(each) for each in eligible], self.now)
            verdicts |= await self._lost([each.entry.id for each in eligible if each.entry.id not in taken])
            if not taken or not self._suffices(len(taken), verdicts):
                await attempt.rollback()
                return Requested(None, tuple(verdicts.values()))
            earlier = await idempotency.remember(self.session, self.viewer.org_id, wished, batch_id, now=self.now)
            if earlier is not None:
                await attempt.rollback()
                return await replayed(self.session, self.viewer, earlier, list(verdicts))
            batch = await self._write(batch_id, verdicts, taken)
        verdicts |= {
            entry_id: replace(verdicts[entry_id], op_id=op_id, batch_id=batch_id) for entry_id, op_id in taken.items()
        }
        return Requested(batch, tuple(verdicts.values()))

    def _suffices(self, eligible: int, verdicts: Mapping[str, Verdict]) -> bool:
        return self.policy is ExportPolicy.BEST_EFFORT or eligible == len(verdicts)

    async def _lost(self, entry_ids: Sequence[str]) -> dict[str, Verdict]:
        """Return the verdicts on entries that another request took after we had looked."""
        found = await listed(self.session, self.viewer.org_id, entry_ids) if entry_ids else {}
        in_progress = (Obstacle.EXPORT_IN_PROGRESS.value,)
        return {
            entry_id: Verdict(entry_id, found[entry_id].obstacles or in_progress, batch_id=found[entry_id].batch_id)
            for entry_id in entry_ids
        }

    async def _write(self, batch_id: str, verdicts: Mapping[str, Verdict], taken: Mapping[str, str]) -> ExportBatch:
        batch = ExportBatch(
            org_id=self.viewer.org_id, id=batch_id, project_id=self.project.id,
            psa_contract_id=self.contract.psa_contract_id, contract_number=self.contract.contract_number,
            requested_by_id=self.viewer.user_id, requested_at=self.now,
            refused={entry_id: verdict.code for entry_id, verdict in verdicts.items() if verdict.code},
        )  # fmt: skip
        self.session.add(batch)
        await self.session.flush()
        in_order = [entry_id for entry_id in verdicts if entry_id in taken]
        lines = [self._line(batch_id, position, each, taken[each]) for position, each in enumerate(in_order)]
        await self.session.execute(insert(ExportLine), lines)
        activity.record(
            self.session, self.viewer, self.project, self.now, kind=ActivityKind.EXPORT_REQUESTED,
            summary=f"Asked to export {len(lines)} time entries to {batch.contract_number}",
            details={"batch_id": batch_id, "lines": len(lines)},
        )  # fmt: skip
        return batch

    def _line(self, batch_id: str, position: int, entry_id: str, op_id: str) -> dict[str, Any]:
        line = {"org_id": self.viewer.org_id, "id": new_id(ExportLine.PREFIX), "batch_id": batch_id}
        return line | {"position": position, "op_id": op_id, "time_entry_id": entry_id}

    def _intent(self, candidate: Candidate) -> Intent:
        """Freeze an entry: what is sent is what stood here when it was asked for."""
        entry = candidate.entry
        payload = {
            "contract_id": self.contract.psa_contract_id,
            "user_id": entry.user_id,
            "user_email": candidate.user_email,
            "date": entry.date.isoformat(),
            "hours": str(entry.hours),
            "note": entry.description,
            "rate": None if entry.billing_rate is None else str(entry.billing_rate),
            "amount": str(billing_amount(entry)),
            "ticket_id": candidate.ticket_id,
            "project_number": self.project.number,
            "revision": entry.revision,
        }
        order_key = f"contract:{self.contract.psa_contract_id}"
        return Intent(OpKind.TIME, entry.id, entry.revision, payload, order_key)


async def replayed(session: WriteSession, viewer: Viewer, batch_id: str, ids: Sequence[str] | None) -> Requested:
    """Return what the first request with this key was told, in the order of `ids`, which may hold others too."""
    batch = await session.get_one(ExportBatch, (viewer.org_id, batch_id))
    lines = await session.execute(
        select(ExportLine.time_entry_id, ExportLine.op_id)
        .where(ExportLine.org_id == viewer.org_id, ExportLine.batch_id == batch_id)
        .order_by(ExportLine.position)
    )
    taken = {row.time_entry_id: row.op_id for row in lines}
    verdicts = {entry_id: Verdict(entry_id, op_id=op_id, batch_id=batch_id) for entry_id, op_id in taken.items()}
    verdicts |= {entry_id: Verdict(entry_id, (code,)) for entry_id, code in batch.refused.items()}
    order = list(verdicts) if ids is None else [entry_id for entry_id in ids if entry_id in verdicts]
    return Requested(batch, tuple(verdicts[entry_id] for entry_id in order), replayed=True)
