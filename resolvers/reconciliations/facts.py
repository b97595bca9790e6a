"""A time entry's facts as we sent them and as the PSA keeps them, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from psa.port import TimeRecord

    Payload = Mapping[str, Any]


class ExportFact(StrEnum):
    """What may differ. STATE is ours against PRESENT or ABSENT there."""

    STATE = "STATE"
    PSA_TIME_ENTRY_ID = "PSA_TIME_ENTRY_ID"
    CONTRACT = "CONTRACT"
    DATE = "DATE"
    HOURS = "HOURS"
    AMOUNT = "AMOUNT"
    RATE = "RATE"
    USER = "USER"
    TICKET = "TICKET"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact, what we have, what the PSA has. A warning by itself leaves a line as it should be."""

    fact: ExportFact
    ours: str | None
    theirs: str | None
    warning: bool = False


# What decides whether an entry is the one we sent.
BILLED: Mapping[ExportFact, tuple[Callable[[Payload], Any], Callable[[TimeRecord], Any]]] = {
    ExportFact.CONTRACT: (lambda sent: sent["contract_id"], lambda record: record.contract_id),
    ExportFact.DATE: (lambda sent: sent["date"], lambda record: record.date.isoformat()),
    ExportFact.HOURS: (lambda sent: Decimal(sent["hours"]), lambda record: record.hours),
}
# What the PSA may see otherwise with good reason, its own prices above all (domain 8.4); what it leaves out is no news.
BESIDE: Mapping[ExportFact, tuple[Callable[[Payload], Any], Callable[[TimeRecord], Any]]] = {
    ExportFact.AMOUNT: (lambda sent: Decimal(sent["amount"]), lambda record: record.amount),
    ExportFact.RATE: (lambda sent: sent["rate"] and Decimal(sent["rate"]), lambda record: record.rate),
    ExportFact.USER: (lambda sent: sent["user_id"], lambda record: record.user_id or None),
    ExportFact.TICKET: (lambda sent: sent["ticket_id"], lambda record: record.ticket_id),
    ExportFact.NOTE: (lambda sent: sent["note"], lambda record: record.note or None),
}


def is_same(sent: Payload, record: TimeRecord) -> bool:
    """Tell whether the PSA would bill what we sent."""
    return not any(_differing(BILLED, sent, record))


def differences(sent: Payload, record: TimeRecord) -> Iterator[Difference]:
    """Yield what differs, first what is billed, then the warnings."""
    for fact, ours, theirs in _differing(BILLED, sent, record):
        yield Difference(fact, _text(ours), _text(theirs))
    for fact, ours, theirs in _differing(BESIDE, sent, record):
        if theirs is not None:
            yield Difference(fact, _text(ours), _text(theirs), warning=True)


def _differing(table: Mapping[ExportFact, Any], sent: Payload, record: TimeRecord) -> Iterator[tuple[Any, Any, Any]]:
    for fact, (of_ours, of_theirs) in table.items():
        ours, theirs = of_ours(sent), of_theirs(record)
        if ours != theirs:
            yield fact, ours, theirs


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
