"""Mutants that no test can notice, or that none needs to: each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mutants.operators import Mutant

# {(module, what stood there, what stands there): why}
REASONS: dict[tuple[str, str, str], str] = {}


def why(mutant: Mutant) -> str | None:
    """Return why a mutant may live."""
    return REASONS.get((mutant.module, mutant.was, mutant.becomes))
