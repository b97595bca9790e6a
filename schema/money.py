"""What a budget says, from the figures as clients see them (domain 7); the first argument is the asker, unused."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from .fields import words

WARNING_FROM, OVER_FROM = Decimal(80), Decimal(100)
CENT = Decimal("0.01")


class BudgetFlag(StrEnum):
    """How a budget stands."""

    NONE = "NONE"
    WARNING = "WARNING"
    OVER_BUDGET = "OVER_BUDGET"


words(
    BudgetFlag,
    "How a budget stands.",
    NONE="No budget, or less than 80 % of it used.",
    WARNING="80 % or more used.",
    OVER_BUDGET="100 % or more used.",
)


def budget_variance(_env: Any, budget: str | None, cost: str) -> str | None:
    """Return budget less cost; null without a budget."""
    return None if budget is None else str(Decimal(budget) - Decimal(cost))


def budget_used_percent(_env: Any, budget: str | None, cost: str) -> str | None:
    """Return cost out of budget in percent, two decimals; null where there is no budget or none to divide by."""
    used = _used(budget, cost)
    return None if used is None else str(used.quantize(CENT, ROUND_HALF_UP))


def budget_flag(_env: Any, budget: str | None, cost: str) -> str:
    """Return the flag."""
    used = _used(budget, cost)
    if used is None or used < WARNING_FROM:
        return BudgetFlag.NONE.value
    return (BudgetFlag.OVER_BUDGET if used >= OVER_FROM else BudgetFlag.WARNING).value


def _used(budget: str | None, cost: str) -> Decimal | None:
    if budget is None or Decimal(budget) == 0:
        return None
    return Decimal(cost) / Decimal(budget) * 100
