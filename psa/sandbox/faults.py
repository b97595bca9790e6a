"""The fault script: rules that fire in order, each a number of times; the store keeps it over a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .calls import Refused
from .garbage import GARBAGE

if TYPE_CHECKING:
    from .store import Document, Store

KINDS = (
    "pass",
    "refuse",
    "drop_before_commit",
    "drop_after_commit",
    "delay",
    "rate_limit",
    "status",
    "garbage",
    "forget_filter",
    "loose_filter",
    "list_lag",
)


def script(store: Store, rules: list[Document]) -> None:
    """Replace the script. Raises Refused for a rule that could never fire."""
    for rule in rules:
        if not isinstance(rule, dict) or rule.get("do") not in KINDS:
            raise Refused(400, "VALIDATION_ERROR", f"do must be one of {', '.join(KINDS)}")
        if rule.get("kind", "html") not in (*GARBAGE, "slow"):
            raise Refused(400, "VALIDATION_ERROR", f"kind must be one of {', '.join(GARBAGE)} or slow")
    with store.unit():
        store.sql.execute("DELETE FROM fault")
        store.sql.executemany(
            "INSERT INTO fault VALUES (?, ?, ?, ?)",
            [(place, json.dumps(rule), rule.get("skip", 0), rule.get("times")) for place, rule in enumerate(rules)],
        )


def scripted(store: Store) -> list[Document]:
    """Give the rules with what is left of them."""
    rows = store.sql.execute("SELECT * FROM fault ORDER BY position")
    return [json.loads(row["rule"]) | {"skip": row["skip"], "left": row["left"]} for row in rows]


def next_fault(store: Store, facts: dict[str, Any]) -> Document:
    """Take the first rule that matches and has shots left; {"do": "pass"} if there is none.

    A rule's `skip` lets that many matching calls through to the rules behind it.
    """
    rows = store.sql.execute("SELECT * FROM fault WHERE left IS NULL OR left > 0 ORDER BY position").fetchall()
    for row in rows:
        rule = json.loads(row["rule"])
        if _matches(rule.get("match", {}), facts):
            if not row["skip"]:
                store.sql.execute("UPDATE fault SET left = left - 1 WHERE position = ?", (row["position"],))
                return rule
            store.sql.execute("UPDATE fault SET skip = skip - 1 WHERE position = ?", (row["position"],))
    return {"do": "pass"}


def _matches(match: Document, facts: dict[str, Any]) -> bool:
    path = facts["path"].startswith(match.get("path", ""))
    return path and all(match[name] == facts[name] for name in ("method", "externalRef", "tenant") if name in match)
