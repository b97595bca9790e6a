"""The parts of a list in a payload: what each of them shows by plan is fetched for all of them at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Level:
    """A list of parts, and what was fetched for them: by the place in the document where it was asked for."""

    def __init__(self) -> None:
        """Begin an empty list; its parts put themselves on it."""
        self.parts: list[Any] = []
        self._asked: dict[tuple[str, ...], asyncio.Future[Any]] = {}

    @classmethod
    def of(cls, *parts: Any) -> Level:
        """Return a list of these parts, for one that stands alone."""
        level = cls()
        level.parts += parts
        return level

    async def once(self, place: list[str | int], fetch: Callable[[], Awaitable[Any]]) -> Any:
        """Fetch when the first part asks; the others, asking from the same place, wait for the same answer."""
        key = tuple(step for step in place if isinstance(step, str))
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(fetch())
        return await self._asked[key]


@dataclass(slots=True)
class Part:
    """One entry of such a list."""

    level: Level = field(repr=False)

    def __post_init__(self) -> None:
        """Stand beside the others."""
        self.level.parts.append(self)
