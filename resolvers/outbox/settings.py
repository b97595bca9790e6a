"""The times the outbox lives by (reliability 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """Durations in seconds.

    `quarantine` must be at least `total_timeout`, plus the longest time the PSA or a proxy may still work on a request
    it has received, plus the delay until a list shows the result, plus the clocks' difference.
    `slow_lookup` is how long a doubt that is a day old rests between lookups; nothing is sent of it any more.
    `places` is how many calls for an organisation's ops are on the network at a time. `in_hand` ops of it are past
    their claim: two more, so that the next one is marked when a place falls free; a marker that had to wait for longer
    than `fresh` is made anew. `lanes` write the ledger for some while others are on the network.
    `reserve` is the share of the PSA's calls a minute that exports leave to people.
    """

    lease: float = 60.0
    total_timeout: float = 15.0
    deadline_margin: float = 5.0
    quarantine: float = 120.0
    base_backoff: float = 2.0
    max_backoff: float = 300.0
    slow_lookup: float = 3600.0
    poll_interval: float = 1.0
    probe_lifetime: float = 300.0
    reserve: float = 0.2
    lanes: int = 8
    places: int = 4
    in_hand: int = 6
    fresh: float = 1.0

    def flaw(self) -> str | None:
        """Return in a sentence why these times would not keep an entry from being sent twice; None when they do."""
        if self.lease <= self.total_timeout + self.deadline_margin:
            return (
                f"PROJECTS_LEASE_SECONDS ({self.lease:g}) must be more than PROJECTS_SEND_SECONDS"
                f" ({self.total_timeout:g}) + {self.deadline_margin:g}: a send must end before its lease does."
            )
        if self.quarantine < self.total_timeout:
            return (
                f"PROJECTS_QUARANTINE_SECONDS ({self.quarantine:g}) must not be less than PROJECTS_SEND_SECONDS"
                f" ({self.total_timeout:g}): a doubt must outlive the send that it is about."
            )
        return None

    def backoff(self, attempts: int, chance: float) -> timedelta:
        """Return how long to wait after so many attempts: full jitter, `chance` being a random share from 0 to 1."""
        longest = min(self.max_backoff, self.base_backoff * 2.0 ** min(attempts - 1, 30))
        return timedelta(seconds=chance * longest)
