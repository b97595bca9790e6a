"""What a budget says: figures at the very edges of its flags, and none where there is nothing to divide by."""

from __future__ import annotations

import pytest

from schema.money import budget_flag, budget_used_percent, budget_variance


@pytest.mark.parametrize(
    ("budget", "cost", "variance", "percent", "flag"),
    [
        (None, "50.00", None, None, "NONE"),
        ("0.00", "50.00", "-50.00", None, "NONE"),
        ("1000.00", "0.00", "1000.00", "0.00", "NONE"),
        ("1000.00", "799.99", "200.01", "80.00", "NONE"),
        ("1000.00", "800.00", "200.00", "80.00", "WARNING"),
        ("1000.00", "999.99", "0.01", "100.00", "WARNING"),
        ("1000.00", "1000.00", "0.00", "100.00", "OVER_BUDGET"),
        ("1000.00", "1000.01", "-0.01", "100.00", "OVER_BUDGET"),
        ("1.00", "0.50", "0.50", "50.00", "NONE"),
        ("800.00", "0.04", "799.96", "0.01", "NONE"),
        ("300.00", "100.00", "200.00", "33.33", "NONE"),
    ],
)
def test_a_budget_warns_from_80_and_is_over_from_100_percent(
    budget: str | None, cost: str, variance: str | None, percent: str | None, flag: str
):
    said = (budget_variance(None, budget, cost), budget_used_percent(None, budget, cost))

    assert (*said, budget_flag(None, budget, cost)) == (variance, percent, flag)
