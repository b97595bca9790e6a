"""What the PSA told us of our calls a minute, and the pause it asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .errors import PsaRateLimited
from .port import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from .wire import Reply

TOO_MANY_REQUESTS = 429
WINDOW_LIMIT = 60.0
_EPOCH_BEGINS = 1e8


class Allowance:
    """The budget of one tenant as this process knows it. Nodes share theirs through the database, not here."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._limit: int | None = None
        self._remaining: int | None = None
        self._resets_at: float | None = None
        self._blocked_until = 0.0

    @property
    def budget(self) -> Budget:
        """Give the last answer's words; the seconds count down."""
        left = None if self._resets_at is None else max(0.0, self._resets_at - self._monotonic())
        return Budget(self._limit, self._remaining, left)

    def claim(self) -> None:
        """Pass when a call may go. Raises PsaRateLimited during a pause: surely nothing was sent."""
        rest = self._blocked_until - self._monotonic()
        if rest > 0:
            raise PsaRateLimited("The PSA's calls a minute are spent.", retry_after_seconds=math.ceil(rest))

    def note(self, reply: Reply) -> None:
        """Remember X-RateLimit-*; a 429, or a last call spent, begins a pause."""
        limit = _number(reply.headers.get("x-ratelimit-limit"))
        if limit is not None:
            remaining = _number(reply.headers.get("x-ratelimit-remaining"))
            self._limit = int(limit)
            self._remaining = None if remaining is None else int(remaining)
            self._resets_at = self._end_of_window(reply)
        if reply.status == TOO_MANY_REQUESTS:
            self._pause_until(self._monotonic() + reply.retry_after)
        elif self._remaining == 0 and self._resets_at is not None:
            self._pause_until(self._resets_at)

    def _end_of_window(self, reply: Reply) -> float | None:
        """Read X-RateLimit-Reset as seconds from now, or as an epoch when it is too large for that."""
        reset = _number(reply.headers.get("x-ratelimit-reset"))
        if reset is None:
            return None
        seconds = reset - reply.received_at if reset > _EPOCH_BEGINS else reset
        return self._monotonic() + min(max(seconds, 0.0), WINDOW_LIMIT)

    def _pause_until(self, moment: float) -> None:
        self._blocked_until = max(self._blocked_until, moment)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
