"""The One PSA's words and ours. A word never met before becomes UNKNOWN or OTHER, and breaks nothing."""

from __future__ import annotations

TICKET_STATUS = {
    "new": "NEW",
    "open": "NEW",
    "in_progress": "IN_PROGRESS",
    "waiting_on_client": "WAITING_ON_CLIENT",
    "waiting_on_vendor": "WAITING_ON_VENDOR",
    "resolved": "RESOLVED",
    "closed": "CLOSED",
}

TICKET_PRIORITY = {
    "critical": "CRITICAL",
    "urgent": "CRITICAL",
    "p1": "CRITICAL",
    "high": "HIGH",
    "p2": "HIGH",
    "medium": "MEDIUM",
    "p3": "MEDIUM",
    "low": "LOW",
    "p4": "LOW",
}

PRIORITY_ON_THE_WIRE = {"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low"}

CONTRACT_TYPE = {
    "managed_services": "MANAGED_SERVICES",
    "break_fix": "BREAK_FIX",
    "retainer": "RETAINER",
    "per_device": "PER_DEVICE",
}

CONTRACT_STATUS = {"draft": "DRAFT", "active": "ACTIVE", "expired": "EXPIRED", "cancelled": "CANCELLED"}

BILLING_FREQUENCY = {"monthly": "MONTHLY", "quarterly": "QUARTERLY", "annually": "ANNUALLY"}


def ours(words: dict[str, str], word: object, otherwise: str) -> str:
    """Translate, with "Break-Fix" and "break fix" read as "break_fix"."""
    spelling = word.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(word, str) else ""
    return words.get(spelling, otherwise)
