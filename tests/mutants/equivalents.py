"""Mutants that no test can notice, or that none needs to: each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutants.operators import Mutant

SAID_BY_THE_UNIT = "an organisation's unit says its name in every statement of the mapper's, too (db.session)"
CLAIMS, INTENTS, CLOCKS = "db/ledger/claims.py", "db/ledger/intents.py", "resolvers/outbox/clocks.py"
# {(module, what stood there, what stands there): why}
REASONS: dict[tuple[str, str, str], str] = {
    (CLAIMS, "8", "9"): "how often one tries is a matter of patience",
    (CLAIMS, "SENDERS.c.rests_until < until", "SENDERS.c.rests_until <= until"): "writes what stands there already",
    (CLOCKS, "moment < jump.at", "moment <= jump.at"): "a moment of the jump itself is carried to where it is",
    (INTENTS, "1000", "1001"): "the size of a portion, which changes only the speed",
    (
        INTENTS,
        "update(OutboundOp).where(*of_these, OutboundOp.newest, over)",
        "update(OutboundOp).where(*of_these, over)",
    ): "what is not the newest is written again as it is; the condition is there for the index",
    (
        INTENTS,
        'select(OutboundOp.subject_id, func.count().label("ops")).where(*of_these)',
        "select(OutboundOp.subject_id, func.count().label('ops'))",
    ): "counts the organisation's other subjects too, which nobody asks about, and costs only time",
    (
        INTENTS,
        "OutboundOp.org_id == org_id, OutboundOp.subject_id.in_([intent.subject_id for intent in chunk])",
        "(OutboundOp.subject_id.in_([intent.subject_id for intent in chunk]),)",
    ): SAID_BY_THE_UNIT,
    (
        INTENTS,
        "select(OutboundSender.recovered_at).where(OutboundSender.org_id == org_id)",
        "select(OutboundSender.recovered_at)",
    ): SAID_BY_THE_UNIT,
}


def why(mutant: Mutant) -> str | None:
    """Return why a mutant may live."""
    return REASONS.get((mutant.module, mutant.was, mutant.becomes))
