"""The three kinds of PSA (reliability 2), and which of them a run of the tests meets: PSA=A, B (the default) or C."""

from __future__ import annotations

import os

import pytest

# One refuses a second entry under a reference, one can be searched by reference, one can neither.
KINDS: dict[str, dict[str, bool]] = {
    "A": {"dedupe": True, "ignoresFilters": False},
    "B": {"dedupe": False, "ignoresFilters": False},
    "C": {"dedupe": False, "ignoresFilters": True},
}
KIND = os.environ.get("PSA", "B")
if KIND not in KINDS:
    raise pytest.UsageError(f"PSA={KIND}: there are A, B and C")
# How lines may end that nobody refused: where nothing can be looked up, a doubt waits for a person (reliability 2).
ENDS = {"CONFIRMED", "UNKNOWN"} if KIND == "C" else {"CONFIRMED"}
NO_LOOKUP = "where nothing can be looked up, a doubt waits for a person"
FORGIVES = "one that refuses a second entry forgives what this must be seen to do"


def only(*kinds: str, because: str) -> pytest.MarkDecorator:
    """Leave a test to the kinds that it is about."""
    return pytest.mark.skipif(KIND not in kinds, reason=f"About a PSA of kind {' or '.join(kinds)}: {because}")
