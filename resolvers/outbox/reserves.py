"""The share of a minute's calls that is kept for people: bulk work stops before it (reliability 3.8)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psa.errors import PsaRateLimited

if TYPE_CHECKING:
    from psa.port import Budget


def keep_reserve(budget: Budget, share: float) -> None:
    """Raise PsaRateLimited when only people's share of the calls is left, as far as the PSA told."""
    if budget.limit is None or budget.remaining is None or not budget.resets_in_seconds:
        return
    if budget.remaining <= budget.limit * share:
        wait = math.ceil(budget.resets_in_seconds)
        raise PsaRateLimited("The rest of this minute's calls is kept for people.", retry_after_seconds=wait)
