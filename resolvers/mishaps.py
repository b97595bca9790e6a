"""What goes wrong in the background and is tried again: told when it begins, and now and then while it lasts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from db.outages import is_outage

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

EVERY = 60.0  # seconds between two lines about one mishap


class Mishaps:
    """Tells one log of them. A database that is away for an hour, or without its tables, is a line a minute."""

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the log, and a clock in seconds."""
        self._log, self._clock = log, clock
        self._quiet_until: dict[type[Exception], float] = {}

    def tell(self, event: str, error: Exception) -> None:
        """Say that it happened, with its trace where the database is not to blame."""
        now, kind = self._clock(), type(error)
        if now < self._quiet_until.get(kind, now):
            return
        self._quiet_until[kind] = now + EVERY
        self._log.error(event, extra={"reason": kind.__name__}, exc_info=None if is_outage(error) else error)
