"""Lists: filters, search with the exact number first, and pages by an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from .calls import Refused

if TYPE_CHECKING:
    from .calls import Call
    from .store import Document

PAGE = 50
PAGE_LIMIT = 100


def page(call: Call, kind: str, *, filters: tuple[str, ...], searched: tuple[str, ...]) -> Document:
    """Give {items, nextCursor, total} for the call's query."""
    where, values = conditions(call, kind, filters, searched)
    counted = f"SELECT count(*) FROM thing WHERE {where}"  # noqa: S608 - `where` is made of our own names
    total = call.store.sql.execute(counted, values).fetchone()[0]
    limit = limit_of(call)
    rank, seq = _place(call.query.get("cursor"))
    exact = "CASE WHEN lower(json_extract(document, '$.number')) = :search THEN 0 ELSE 1 END"
    listed = (
        f"SELECT seq, document, {exact} AS rank FROM thing WHERE {where}"  # noqa: S608 - as above
        f" AND ({exact}, seq) > (:rank, :seq) ORDER BY rank, seq LIMIT :limit"
    )
    found = values | {"rank": rank, "seq": seq, "limit": limit + 1}
    rows = call.store.sql.execute(listed, found).fetchall()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return {
        "items": [json.loads(row["document"]) for row in rows[:limit]],
        "nextCursor": _cursor(last["rank"], last["seq"]) if last else None,
        "total": total,
    }


def batch(call: Call, kind: str) -> Document:
    """Give the things among up to 100 ids; the unknown are left out."""
    ids = texts(call, "ids")
    found = [call.store.get(call.tenant_id, kind, each) for each in dict.fromkeys(ids)]
    return {"items": [thing for thing in found if thing is not None]}


def texts(call: Call, name: str) -> list[str]:
    """Demand a list of up to 100 texts."""
    given = call.body.get(name)
    if not isinstance(given, list) or len(given) > PAGE_LIMIT or not all(isinstance(each, str) for each in given):
        raise Refused(400, "VALIDATION_ERROR", f"{name} must be a list of up to 100 texts", fields=[name])
    return given


def one(call: Call, kind: str) -> Document:
    """Give the thing of the path, or refuse with 404."""
    thing = call.store.get(call.tenant_id, kind, call.path_id)
    if thing is None:
        raise Refused(404, "NOT_FOUND", f"There is no such {kind}")
    return thing


def conditions(
    call: Call, kind: str, filters: tuple[str, ...], searched: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    """Give the SQL condition that the call's query means, and its values."""
    search = call.query.get("search", "").strip().lower()
    values: dict[str, Any] = {"tenant": call.tenant_id, "kind": kind, "search": search}
    where = ["tenant = :tenant", "kind = :kind"]
    if search:
        hits = (f"instr(lower(json_extract(document, '$.{name}')), :search) > 0" for name in searched)
        where.append(f"({' OR '.join(hits)})")
    for name in filters:
        if name in call.query and not _is_ignored(call, name):
            loose = call.fault.get("do") == "loose_filter"
            where.append(f"json_extract(document, '$.{name}') = :{name}{' COLLATE NOCASE' if loose else ''}")
            values[name] = call.query[name]
    if call.fault.get("do") == "list_lag":
        where.append("made_at <= :seen")
        values["seen"] = call.now - call.fault.get("ms", 0) / 1000
    return " AND ".join(where), values


def overlooks_references(call: Call) -> bool:
    """Play a PSA of class C, which knows nothing of references in a query."""
    return call.tenant["ignoresFilters"] or call.fault.get("do") == "forget_filter"


def _is_ignored(call: Call, name: str) -> bool:
    return name == "externalRef" and overlooks_references(call)


def limit_of(call: Call) -> int:
    """Give how many are wanted, or refuse."""
    text = call.query.get("limit", str(PAGE))
    if not text.isdecimal() or not 1 <= int(text) <= PAGE_LIMIT:
        raise Refused(400, "VALIDATION_ERROR", "limit must be a number from 1 to 100", fields=["limit"])
    return int(text)


def _cursor(rank: int, seq: int) -> str:
    return base64.urlsafe_b64encode(f"{rank}:{seq}".encode()).decode()


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return -1, 0
    try:
        rank, seq = base64.urlsafe_b64decode(cursor.encode()).decode().split(":")
        return int(rank), int(seq)
    except (ValueError, binascii.Error):
        raise Refused(400, "VALIDATION_ERROR", "This cursor is not one of ours", fields=["cursor"]) from None
