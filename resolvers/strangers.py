"""Other projects whose packages have our packages' names: what is imported must be ours (docs/decisions/0001)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = "one-projects-api"
NAMES = ("app", "schema", "resolvers", "db", "psa", "tests", "bench")


class InTheWay(Exception):
    """Another project's package would be imported instead of ours; the message says what to uninstall."""


def strangers(installed: Mapping[str, list[str]]) -> list[str]:
    """Return a sentence for each of our names that another project has installed."""
    return [
        f"{name} is taken: pip uninstall {project}"
        for name in NAMES
        for project in sorted(set(installed.get(name, ())) - {OURS})
    ]


def refuse_strangers(installed: Mapping[str, list[str]]) -> None:
    """Raise InTheWay where there are any."""
    if found := strangers(installed):
        raise InTheWay("\n".join(found))
