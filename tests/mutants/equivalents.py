"""Mutants that no test can notice, or that none needs to: each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutants.operators import Mutant

CLAIMS, INTENTS = "db/ledger/claims.py", "db/ledger/intents.py"
# {(module, what stood there, what stands there): why}
REASONS: dict[tuple[str, str, str], str] = {
    (CLAIMS, "8", "9"): "how often one tries is a matter of patience",
    (CLAIMS, "SENDERS.c.rests_until < until", "SENDERS.c.rests_until <= until"): "writes what stands there already",
    (INTENTS, "1000", "1001"): "the size of a portion, which changes only the speed",
    (
        INTENTS,
        "select(OutboundSender.recovered_at).where(OutboundSender.org_id == org_id)",
        "select(OutboundSender.recovered_at)",
    ): "an organisation's unit says its name in every statement of the mapper's, too (db.session)",
}


def why(mutant: Mutant) -> str | None:
    """Return why a mutant may live."""
    return REASONS.get((mutant.module, mutant.was, mutant.becomes))
