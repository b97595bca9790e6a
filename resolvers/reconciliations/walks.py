"""The walk through both books at once, in the order of the references, a stretch at a time: memory does not grow.

The PSA is read first, the ledger after it: whatever the PSA shows was in the ledger before it was sent, so that what
the ledger does not have then is a stranger indeed. What the PSA does not show is asked for once more by its reference:
it may have been moved to another contract or day, and calling it missing would invite a second sending.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from db.exports.reconciliations import booked_as, booked_behind
from psa.errors import PsaRateLimited, PsaUnavailable
from resolvers.listings import listed
from resolvers.outbox.reserves import keep_reserve

from .shelves import Shelves, gathered
from .verdicts import judge, needs_a_second_look

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from db.exports.reconciliations import Booked, Period
    from psa.port import Page, Psa, TimeRecord
    from resolvers.context import Context

    from .verdicts import Finding

LINES = 500  # of ours in a stretch
REFS_A_CALL = 100
# An answer stops at the end of a stretch once it has cost so many: half of what the PSA allows in a minute.
CALLS = 50
MOST_CALLS = 2 * CALLS


class Walk:
    """One way through a project's period. `position`: all references up to it were compared; it begins behind one."""

    def __init__(
        self, context: Context, psa: Psa, project_id: str, contract_ids: Sequence[str], period: Period, behind: str
    ) -> None:
        self._context = context
        self._psa = psa
        self._project_id = project_id
        self._period = period
        self._prefix = f"projects:{context.viewer.org_id}:"
        self._calls = 0
        self.position = max(behind, self._prefix)
        self._shelves = Shelves([partial(self._page, each, self.position) for each in contract_ids], self.position)
        self.is_over = not contract_ids

    async def stretches(self) -> AsyncIterator[list[Finding]]:
        """Yield findings until the period is over or the calls of an answer are spent.

        Raises PsaError; when only the calls a minute are spent, and some stretch was walked, it just ends.
        """
        has_moved = False
        while not self.is_over and self._calls < CALLS:
            try:
                findings = await self._stretch()
            except PsaRateLimited:
                if has_moved:
                    return
                raise
            has_moved = True
            yield findings

    async def _stretch(self) -> list[Finding]:
        before = await self._shelves.fill()
        ours = await self._ours(before)
        up_to = ours[-1].external_ref if len(ours) == LINES else None
        theirs = self._shelves.take(before, up_to)
        booked = {each.external_ref: each for each in ours}
        booked |= await self._booked_as([ref for ref in theirs if ref not in booked])
        booked |= await self._second_look(booked, theirs)
        findings = [
            judge(ref, booked.get(ref), theirs.get(ref, ()))
            for ref in sorted(booked.keys() | theirs)
            if self._is_of(booked.get(ref))
        ]
        self.position = max((self.position, *booked, *theirs))
        self.is_over = before is None and up_to is None
        return findings

    async def _ours(self, before: str | None) -> list[Booked]:
        org_id = self._context.viewer.org_id
        async with self._context.database.read(org_id) as session:
            return await booked_behind(session, org_id, self._project_id, self._period, self.position, before, LINES)

    async def _booked_as(self, refs: Sequence[str]) -> dict[str, Booked]:
        if not refs:
            return {}
        async with self._context.database.read(self._context.viewer.org_id) as session:
            return await booked_as(session, self._context.viewer.org_id, refs)

    async def _second_look(self, booked: dict[str, Booked], theirs: dict[str, list[TimeRecord]]) -> dict[str, Booked]:
        """Look for what is not where it should be; return lines anew that may have moved on while we looked."""
        absent = [ref for ref, each in booked.items() if ref not in theirs and needs_a_second_look(each)]
        for start in range(0, len(absent), REFS_A_CALL):
            self._count_call()
            found = await listed(self._psa.time_by_refs(absent[start : start + REFS_A_CALL]))
            theirs |= gathered(found)
        return await self._booked_as([ref for ref in absent if ref not in theirs])

    def _is_of(self, booked: Booked | None) -> bool:
        """Tell whether a line is this project's: another's, on the same contract, is that one's to reconcile."""
        return booked is None or booked.project_id == self._project_id

    async def _page(self, contract_id: str, behind: str, after: str | None) -> Page[TimeRecord]:
        self._count_call()
        return await listed(self._psa.list_time(contract_id, self._prefix, self._period, behind, after))

    def _count_call(self) -> None:
        """Leave people their share of the minute's calls. Raises PsaRateLimited, PsaUnavailable."""
        keep_reserve(self._psa.budget, self._context.outbox.settings.reserve)
        if self._calls >= MOST_CALLS:
            raise PsaUnavailable("The PSA lists too much that was not asked for: it seems to ignore the filters.")
        self._calls += 1
