"""What waits to be sent, and what of it comes next (reliability 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select, tuple_

from db.types import Instant

from .tables import OpState, OutboundOp, OutboundSender

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select

OPS: Any = OutboundOp.__table__
SENDERS: Any = OutboundSender.__table__

# Written out, never bound: neither database takes a partial index for a parameter.
WAITING = [literal_column(f"'{state}'") for state in (OpState.PENDING, OpState.UNKNOWN)]
SENT = literal_column(f"'{OpState.SENT}'")
NOW = bindparam("now", type_=Instant())


def ready() -> ColumnElement[bool]:
    """Return whether an op waits, its time has come, and nothing with its order key is on its way."""
    flying = OPS.alias("flying")
    busy = select(flying.c.org_id, flying.c.order_key).where(flying.c.state == SENT)
    return OPS.c.state.in_(WAITING) & (OPS.c.not_before <= NOW) & tuple_(OPS.c.org_id, OPS.c.order_key).not_in(busy)


def longest_waiting(choice: Select[Any, Any]) -> Select[Any, Any]:
    """Choose among the heads of what waits, those of the organisation that waited longest first."""
    heads = _heads()
    # IN, not JOIN: once SQLite has statistics it would look at all that waits before it joins a few of it.
    of_heads = tuple_(OPS.c.org_id, OPS.c.id).in_(select(heads.c.org_id, heads.c.id))
    heads_only = choice.join(SENDERS, SENDERS.c.org_id == OPS.c.org_id).where(of_heads)
    return heads_only.order_by(SENDERS.c.served_at, SENDERS.c.org_id)


def _heads() -> CTE:
    """Return what has waited longest of each awake organisation, order key and kind, and nothing behind it.

    Each is found by a step in the index of what waits, so that a claim costs the same however many lines wait. A step
    compares one column: SQLite begins a comparison of several with all rows that are equal.
    """
    awake = select(SENDERS.c.org_id).where(SENDERS.c.rests_until <= NOW).subquery("awake")
    head, row = OPS.alias("head"), OPS.alias("behind")
    first = select(awake.c.org_id, head.c.order_key, head.c.kind, head.c.id)
    # Outer, so that SQLite begins with who is awake and not with all that waits; of who has nothing, nothing follows.
    is_first = (head.c.org_id == awake.c.org_id) & (head.c.id == _first(row, awake))
    heads = first.outerjoin_from(awake, head, is_first).cte("heads", recursive=True)
    of_next_kind = _first(row, heads, row.c.order_key == heads.c.order_key, row.c.kind > heads.c.kind)
    is_next = head.c.id == func.coalesce(of_next_kind, _first(row, heads, row.c.order_key > heads.c.order_key))
    shown = select(head.c.org_id, head.c.order_key, head.c.kind, head.c.id)
    return heads.union_all(shown.join(heads, (head.c.org_id == heads.c.org_id) & is_next))


def _first(row: Any, of: Any, *among: ColumnElement[bool]) -> ScalarSelect[str]:
    """Return the first row that waits of an organisation, in the order of the index."""
    waits = select(row.c.id).where(row.c.org_id == of.c.org_id, row.c.state.in_(WAITING), *among)
    in_order = waits.order_by(row.c.order_key, row.c.kind, row.c.not_before, row.c.id)
    return in_order.limit(1).correlate(of).scalar_subquery()
