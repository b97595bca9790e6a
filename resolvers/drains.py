"""The end of this process: from the moment it is told to stop nothing is begun, and what is under way has its time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20.0


class Drain:
    """Told once, heard by everybody who works: one deadline for all of them together."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Take how long the end may take."""
        self._seconds = seconds
        self._until: float | None = None
        self._deeds: list[Callable[[], object]] = []

    @property
    def has_begun(self) -> bool:
        """Tell whether this process was told to stop."""
        return self._until is not None

    def then(self, deed: Callable[[], object]) -> None:
        """Do this when the end begins. It may be called from a signal's handler, in the middle of anything."""
        self._deeds.append(deed)

    def begin(self) -> None:
        """Begin the end; a second time changes nothing."""
        if self._until is None:
            self._until = time.monotonic() + self._seconds
            for deed in self._deeds:
                deed()

    def left(self) -> float:
        """Return the seconds that are left, all of them where nobody has said a word yet."""
        return self._seconds if self._until is None else max(0.0, self._until - time.monotonic())
