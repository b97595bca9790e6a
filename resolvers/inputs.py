"""What an input says, in the names and values that commands know."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from strawberry import Some

from db import inputs


def said(wish: Any, *without: str) -> dict[str, Any]:
    """Return what an input says. What it leaves out is missing; a null is kept where it means something (Maybe)."""
    given = {field.name: getattr(wish, field.name) for field in fields(wish) if field.name not in without}
    return {
        name: value.value if isinstance(value, Some) else value for name, value in given.items() if value is not None
    }


def require_text(wish: Any) -> None:
    """Raise InvalidInput where a text, an id included, is one that no database could hold."""
    inputs.checked(dict.fromkeys(said(wish), _texts), said(wish))


def _texts(value: Any) -> Any:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            inputs.text(each)
    return value
