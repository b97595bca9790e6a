"""What a WebSocket's client may send: Strawberry's handler dies of anything else."""

from typing import Any

import orjson

from .requests import NUL, Refused, shaped


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


def has_nul(payload: Any) -> bool:
    """Tell whether a payload holds the character that no column does."""
    return NUL in orjson.dumps(payload)
