"""The wrong protocols, each with what the checker must see of it: a checker that cannot fail proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash import checker
from tests.crash.workers import Variant

if TYPE_CHECKING:
    from tests.crash.checker import Symptom

SYMPTOMS: dict[Variant, Symptom] = {
    Variant.PLAIN_RETRY: checker.duplicates,
    Variant.MARK_BEFORE_SEND: checker.lost,
    Variant.SHORT_QUARANTINE: checker.duplicates,
    Variant.BLIND_TICKETS: checker.doubled_tickets,
    Variant.HOPEFUL_VOIDS: checker.still_there,
}
