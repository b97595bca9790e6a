"""Time entries by their references: in the order of these, and several at once."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from .calls import Refused
from .lists import conditions, limit_of, overlooks_references, texts

if TYPE_CHECKING:
    from .calls import Call
    from .store import Document

KIND = "time_entry"
REF = "json_extract(document, '$.externalRef')"  # as the index has it
DAY = "json_extract(document, '$.date')"
BOUNDS = {
    "externalRefPrefix": f"{REF} >= :externalRefPrefix"
    f" AND substr({REF}, 1, length(:externalRefPrefix)) = :externalRefPrefix",
    "externalRefAfter": f"{REF} > :externalRefAfter",
    "dateFrom": f"{DAY} >= :dateFrom",
    "dateTo": f"{DAY} <= :dateTo",
}


def in_order(call: Call) -> Document:
    """Give {items, nextCursor, total} of what has a reference, by the bytes of it, the older of twins first."""
    where, values = conditions(call, KIND, ("contractId",))
    given = {name: call.query[name] for name in BOUNDS if name in call.query}
    where = " AND ".join([where, f"{REF} IS NOT NULL", *(BOUNDS[name] for name in given)])
    counted = f"SELECT count(*) FROM thing WHERE {where}"  # noqa: S608 - `where` is made of our own names
    total = call.store.sql.execute(counted, values | given).fetchone()[0]
    limit = limit_of(call)
    ref, seq = _place(call.query.get("cursor"))
    listed = (
        f"SELECT seq, document, {REF} AS ref FROM thing WHERE {where}"  # noqa: S608 - as above
        f" AND ({REF}, seq) > (:ref, :seq) ORDER BY {REF}, seq LIMIT :limit"
    )
    found = values | given | {"ref": ref, "seq": seq, "limit": limit + 1}
    rows = call.store.sql.execute(listed, found).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": [json.loads(row["document"]) for row in rows[:limit]],
        "nextCursor": _cursor(last) if last else None,
        "total": total,
    }


def batch_by_refs(call: Call) -> Document:
    """Give all that carry one of up to 100 references. A PSA of class C has no such call."""
    if overlooks_references(call):
        raise Refused(404, "NOT_FOUND", "There is no such path")
    where, values = conditions(call, KIND, ())
    refs = json.dumps(texts(call, "externalRefs"))
    listed = (
        f"SELECT document FROM thing WHERE {where}"  # noqa: S608 - as above
        f" AND {REF} IN (SELECT value FROM json_each(:refs)) ORDER BY {REF}, seq"
    )
    rows = call.store.sql.execute(listed, values | {"refs": refs}).fetchall()
    return {"items": [json.loads(row["document"]) for row in rows]}


def _cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([row["ref"], row["seq"]]).encode()).decode()


def _place(cursor: str | None) -> tuple[str, int]:
    if cursor is None:
        return "", 0
    try:
        ref, seq = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(ref), int(seq)
    except (ValueError, TypeError, binascii.Error):
        raise Refused(400, "VALIDATION_ERROR", "This cursor is not one of ours", fields=["cursor"]) from None
