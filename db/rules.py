"""The words rules are written in: they mean the same of a row's values in Python and of its columns in SQL.

Comparison operators work on both by themselves; `and`, `or`, `not` and `is None` do not, so they have names here.
A fact is never null in SQL: absence is asked for with `known`, or by `before`, which is false of an absent date.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.orm import QueryableAttribute

Fact = Any  # a Python value, or the expression it would come from
Verdict = Any  # a bool of facts that are values, a ColumnElement[bool] of facts that are expressions


def every(*facts: Fact) -> Verdict:
    """True when all facts are."""
    return and_(*facts) if _in_sql(*facts) else all(facts)


def some(*facts: Fact) -> Verdict:
    """True when at least one fact is."""
    return or_(*facts) if _in_sql(*facts) else any(facts)


def never(*facts: Fact) -> Verdict:
    """True when no fact is."""
    return not_(or_(*facts)) if _in_sql(*facts) else not any(facts)


def known(fact: Fact) -> Verdict:
    """True when there is a value."""
    return fact.is_not(None) if _in_sql(fact) else fact is not None


def before(day: Fact, other: Fact) -> Verdict:
    """True when there is a day and it lies before the other, which must be there."""
    if _in_sql(day, other):
        return every(known(day), day < other)
    return day is not None and day < other


def _in_sql(*facts: Fact) -> bool:
    return any(isinstance(fact, ColumnElement | QueryableAttribute) for fact in facts)
