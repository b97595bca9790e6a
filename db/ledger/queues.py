"""What waits to be sent, and what of it comes next (reliability 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, literal_column, select, tuple_

from db.types import Instant

from .tables import OpState, OutboundOp, OutboundSender

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, Select

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
    of_head = (OPS.c.org_id == heads.c.org_id) & (OPS.c.id == heads.c.id)
    heads_only = choice.join(heads, of_head).join(SENDERS, SENDERS.c.org_id == OPS.c.org_id)
    return heads_only.order_by(SENDERS.c.served_at, SENDERS.c.org_id)


def _heads() -> CTE:
    """Return what has waited longest of each awake organisation, order key and kind, and nothing behind it.

    Each is found by one step in the index of what waits, so that a claim costs the same however many lines wait.
    """
    awake = select(SENDERS.c.org_id).where(SENDERS.c.rests_until <= NOW).subquery("awake")
    head, row = OPS.alias("head"), OPS.alias("behind")
    shown = select(head.c.org_id, head.c.order_key, head.c.kind, head.c.id)
    heads = shown.join(awake, _is_first(head, row, awake)).cte("heads", recursive=True)
    is_beyond = tuple_(row.c.order_key, row.c.kind) > tuple_(heads.c.order_key, heads.c.kind)
    return heads.union_all(shown.join(heads, _is_first(head, row, heads, is_beyond)))


def _is_first(head: Any, row: Any, of: Any, *among: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether an op is the first row that waits of an organisation, in the order of the index."""
    waits = select(row.c.id).where(row.c.org_id == of.c.org_id, row.c.state.in_(WAITING), *among)
    first = waits.order_by(row.c.order_key, row.c.kind, row.c.not_before, row.c.id).limit(1)
    return (head.c.org_id == of.c.org_id) & (head.c.id == first.correlate(of).scalar_subquery())
