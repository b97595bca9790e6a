"""What a person reads who starts the server with settings that cannot be used."""

from collections.abc import Iterable
from typing import Any

PREFIX = "PROJECTS_"
BARE = ("DATABASE_URL", "PORT", "ALLOWED_ORIGINS")


def sentences(flaws: Iterable[Any]) -> str:
    """Return pydantic's findings a line each, every setting by the name under which it is to be set."""
    return "\n".join(f"{_name(flaw['loc'])}{flaw['msg'].removeprefix('Value error, ')}" for flaw in flaws)


def _name(place: tuple[int | str, ...]) -> str:
    name = "".join(map(str, place)).upper()
    return f"{name if name in BARE else PREFIX + name}: " if name else ""
