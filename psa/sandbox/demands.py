"""What the sandbox demands of a body: each demand gives the value or refuses the call."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from .calls import Refused

if TYPE_CHECKING:
    from .calls import Call
    from .store import Document


def text(call: Call, name: str, longest: int) -> str:
    """Demand a text that is not empty."""
    given = call.body.get(name)
    if not isinstance(given, str) or not 1 <= len(given) <= longest:
        raise Refused(400, "VALIDATION_ERROR", f"{name} must be a text of 1 to {longest} characters", fields=[name])
    return given


def word(call: Call, name: str, words: tuple[str, ...]) -> str:
    """Demand one of a few words."""
    if call.body.get(name) not in words:
        raise Refused(400, "VALIDATION_ERROR", f"{name} must be one of {', '.join(words)}", fields=[name])
    return call.body[name]


def day(call: Call, name: str) -> str:
    """Demand a calendar day."""
    try:
        return date.fromisoformat(call.body.get(name, "")).isoformat()
    except (TypeError, ValueError):
        raise Refused(400, "VALIDATION_ERROR", f"{name} must be a day like 2026-01-31", fields=[name]) from None


def number(call: Call, name: str, least: str = "0", most: str = "1000000000") -> str:
    """Demand a number, as text or as a JSON number; gives two decimals."""
    try:
        given = Decimal(str(call.body.get(name)))
    except InvalidOperation:
        given = Decimal("NaN")
    if not given.is_finite() or not Decimal(least) <= given <= Decimal(most):
        raise Refused(400, "VALIDATION_ERROR", f"{name} must be a number from {least} to {most}", fields=[name])
    return f"{given:.2f}"


def known(call: Call, kind: str, name: str) -> Document:
    """Demand the id of something that exists."""
    thing = call.store.get(call.tenant_id, kind, str(call.body.get(name)))
    if thing is None:
        raise Refused(422, f"{kind.upper()}_NOT_FOUND", f"There is no {kind} with this id", field=name)
    return thing


def known_if_named(call: Call, kind: str, name: str) -> Document:
    """Demand the same, unless nothing is named; then give nothing's facts."""
    return {"id": None, "name": None} if call.body.get(name) is None else known(call, kind, name)


def no_twin(call: Call, kind: str) -> None:
    """Play a PSA of class A, which takes each reference once; others look away."""
    ref = call.body.get("externalRef")
    twin = call.store.get_by_ref(call.tenant_id, kind, ref) if call.tenant["dedupe"] and ref else None
    if twin:
        raise Refused(409, "ALREADY_EXISTS", "There is one with this reference already", id=twin["id"])
