"""What a WebSocket's client may send: Strawberry's handler dies of anything else."""

from typing import Any

import orjson

from schema.gate import NO_NUL

from .requests import Refused, has_nul, shaped

TOO_DEEP = "The payload of a message may nest some 250 levels deep."  # orjson reads more than it writes


def well_formed(message: Any) -> bool:
    """Tell whether a message is an object with a `type`, an `id` where one belongs, and a fitting payload."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return False
    payload = message.get("payload")
    if message["type"] != "subscribe":
        return isinstance(payload, dict | None)
    try:
        return isinstance(payload, dict) and shaped(payload) is not None
    except Refused:
        return False


def objection(payload: Any) -> str | None:
    """Return why a payload cannot be run as it is: it holds what no column does, or nests beyond what can be read."""
    try:
        return NO_NUL if has_nul(orjson.dumps(payload)) else None
    except orjson.JSONEncodeError:
        return TOO_DEEP
