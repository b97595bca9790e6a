"""What an export would do: the same entries and verdicts as the export itself, and what somebody should know before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from db import contracts
from db.access import Action, project_for
from db.refusals import ContractNotLinked
from db.time_entries.rules import billing_amount

from .candidates import chosen, judge
from .fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from db.contracts import ContractLink
    from db.projects.tables import Project
    from db.session import ReadSession
    from db.time_entries.tables import TimeEntry
    from db.viewers import Viewer

    from .candidates import Candidate, Verdict


class Concern(StrEnum):
    """What does not stop an export, and may still be wrong (domain 12.13)."""

    CONTRACT_EXPIRED = "CONTRACT_EXPIRED"
    RATE_MISSING = "RATE_MISSING"
    CLIENT_MISMATCH = "CLIENT_MISMATCH"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a concern may look at beside the entry."""

    project: Project
    contract: ContractLink
    today: date

    @property
    def is_over(self) -> bool:
        """Tell whether the contract had ended before today, as far as its snapshot knows."""
        return self.contract.end_date is not None and self.contract.end_date < self.today


CONCERNS: Mapping[Concern, Callable[[TimeEntry, Surroundings], bool]] = {
    Concern.CONTRACT_EXPIRED: lambda entry, around: (
        around.is_over or (around.contract.end_date is not None and entry.date > around.contract.end_date)
    ),
    Concern.RATE_MISSING: lambda entry, _around: entry.billing_rate is None,
    Concern.CLIENT_MISMATCH: lambda _entry, around: (
        around.project.client_id not in (None, around.contract.psa_client_id)
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry's verdict; concerns are only of entries that would be sent."""

    verdict: Verdict
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Lines in the order of the request; hours and amount add up those that would be sent.

    `fingerprint` is the same as long as the same would be sent to the same contract.
    """

    contract: ContractLink
    lines: tuple[Line, ...]
    hours: Decimal
    amount: Decimal
    fingerprint: str


async def preview(
    session: ReadSession, viewer: Viewer, project_id: str, entry_ids: Sequence[str] | None, *, today: date
) -> Preview:
    """Judge entries of a project as an export would; None stands for all that are eligible. Nothing is written.

    Raise ProjectNotFound, Forbidden, ContractNotLinked, InvalidInput (none listed) or ListTooLong.
    """
    ids = None if entry_ids is None else list(dict.fromkeys(entry_ids))
    project = await project_for(session, viewer, project_id, Action.EXPORT_TIME)
    contract = await contracts.active_link(session, project)
    if contract is None:
        raise ContractNotLinked(project.id, project.client_id)
    found = await chosen(session, project, ids)
    verdicts = await judge(session, viewer, project, list(found) if ids is None else ids, found)
    sent = [found[entry_id] for entry_id, verdict in verdicts.items() if verdict.code is None]
    around = Surroundings(project, contract, today)
    return Preview(
        contract,
        tuple(Line(verdict, _concerns(found.get(entry_id), verdict, around)) for entry_id, verdict in verdicts.items()),
        sum((each.entry.hours for each in sent), Decimal("0.00")),
        sum((billing_amount(each.entry) for each in sent), Decimal("0.00")),
        fingerprint(contract, sent),
    )


def _concerns(candidate: Candidate | None, verdict: Verdict, around: Surroundings) -> tuple[Concern, ...]:
    if candidate is None or verdict.code is not None:
        return ()
    return tuple(concern for concern, holds in CONCERNS.items() if holds(candidate.entry, around))
