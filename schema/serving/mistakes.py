"""What a person reads who starts the server with settings that cannot be used."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PREFIX = "PROJECTS_"
BARE = ("DATABASE_URL", "PORT", "ALLOWED_ORIGINS")


def sentences(flaws: Iterable[Any]) -> str:
    """Return pydantic's findings a line each, every setting by the name under which it is to be set."""
    return "\n".join(f"{_name(flaw['loc'])}{flaw['msg'].removeprefix('Value error, ')}" for flaw in flaws)


def refuse_unknown(fields: Mapping[str, Any]) -> None:
    """Raise ValueError for a name in the environment that looks like a setting of ours and is none."""
    known = {PREFIX + name.upper() for name, field in fields.items() if not field.validation_alias}
    if unknown := sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        raise ValueError(f"there is no setting {', '.join(unknown)}")


def in_a_folder(file: Path) -> Path:
    """Return the path of a file that may be written; raise ValueError where its folder does not let us."""
    folder = file.absolute().parent
    if not os.access(folder, os.W_OK):
        raise ValueError(f"there is no folder {folder} that may be written to")
    return file


def _name(place: tuple[int | str, ...]) -> str:
    name = "".join(map(str, place)).upper()
    return f"{name if name in BARE else PREFIX + name}: " if name else ""
