"""The circuit breaker: a PSA that keeps failing is left alone for a while, then asked exactly once."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from .errors import PsaUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

IN_A_ROW = 5
WINDOW = 20
REST_SECONDS = 30.0


class Breaker:
    """Opens after 5 outages in a row, or 10 among the last 20 results; after 30 s lets one probe through.

    Only outages count: a refusal proves that the PSA is alive (reliability 3.8).
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._outages: deque[bool] = deque(maxlen=WINDOW)
        self._opened_at: float | None = None
        self._probing = False
        self._era = 0

    @property
    def is_open(self) -> bool:
        """Tell whether calls are held back, a running probe included."""
        return self._opened_at is not None

    def admit(self) -> int:
        """Give a ticket for `settle`. Raises PsaUnreachable while open, since nothing is sent then."""
        if self._opened_at is None:
            return self._era
        rest = self._opened_at + REST_SECONDS - self._monotonic()
        if rest > 0 or self._probing:
            raise PsaUnreachable(
                "The PSA failed repeatedly and is left alone for a moment.",
                retry_after_seconds=max(1, math.ceil(rest)),
            )
        self._probing = True
        self._era += 1
        return self._era

    def settle(self, ticket: int, *, outage: bool | None) -> None:
        """Take a call's result; None for a call that was given up. A result from before the last change is void."""
        if ticket != self._era:
            return
        if self._probing:
            self._probing = False
            if outage is None:
                return
            self._outages.clear()
            self._opened_at = self._monotonic() if outage else None
        elif outage is not None:
            self._outages.append(outage)
            if self._is_failing():
                self._opened_at = self._monotonic()
                self._era += 1

    def _is_failing(self) -> bool:
        latest = list(self._outages)
        in_a_row = len(latest) >= IN_A_ROW and all(latest[-IN_A_ROW:])
        return in_a_row or (len(latest) == WINDOW and 2 * sum(latest) >= WINDOW)
