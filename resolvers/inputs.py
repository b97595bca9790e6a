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
    """Raise InvalidInput where an input holds a text, an id included, that no database could hold."""
    require_texts(**said(wish))


def require_texts(**values: Any) -> None:
    """Raise InvalidInput that names the values in which there is such a text, or JSON that could not be shown again."""
    inputs.checked(dict.fromkeys(values, _restorable), values)


def _restorable(value: Any) -> Any:
    return inputs.restorable(value) if isinstance(value, str | dict | list) else value
