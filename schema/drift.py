"""Live answers beside snapshots: what changed, or why nobody can tell right now."""

from typing import Any

import strawberry

from db.tickets import TicketPriority, TicketStatus
from resolvers import drift

from .fields import words

words(
    TicketStatus,
    "A ticket's state in the PSA. Nothing here ever moves it.",
    NEW="Nobody has begun.",
    IN_PROGRESS="Somebody is at it.",
    WAITING_ON_CLIENT="The client must answer.",
    WAITING_ON_VENDOR="A vendor must answer.",
    RESOLVED="Solved.",
    CLOSED="Closed.",
    UNKNOWN="A word of the PSA that we do not know yet.",
)
words(
    TicketPriority,
    "The service desk's priorities.",
    CRITICAL="P1: everything stands still.",
    HIGH="P2: many are held up.",
    MEDIUM="P3: somebody is held up.",
    LOW="P4: nobody is held up.",
)


@strawberry.type(description="A fact that is no longer as it was when it was noted.")
class DriftChange:
    """One difference."""

    fact: str = strawberry.field(description="The field of the link that differs.")
    noted: str | None = strawberry.field(description="What was noted when it was linked.")
    now: str | None = strawberry.field(description="What the PSA says now.")


@strawberry.type(description="What the PSA says now, compared with a snapshot. Nothing is changed by looking.")
class ContractDrift:
    """The differences, or why they are not known."""

    changes: list[DriftChange] = strawberry.field(description="What differs; empty when nothing does.")
    gone: bool = strawberry.field(description="Whether the PSA no longer has the contract.")

    @strawberry.field(description="Why the PSA could not be asked: an error's code; null when it was.")
    def unavailable_reason(self: Any) -> str | None:
        """Return the code."""
        return _code(self)

    @strawberry.field(description="When to ask again, where the PSA said so.")
    def retry_after_seconds(self: Any) -> int | None:
        """Return the PSA's wish."""
        return _wait(self)


@strawberry.type(description="A ticket's state in the PSA at this moment.")
class LiveTicketStatus:
    """The state, or why it is not known."""

    @strawberry.field(description="Its status now; null where the PSA could not be asked or has no such ticket.")
    def status(self: Any) -> TicketStatus | None:
        """Return the status."""
        return TicketStatus(self.ticket.status) if self.ticket else None

    @strawberry.field(description="Its title now.")
    def title(self: Any) -> str | None:
        """Return the title."""
        return self.ticket.title if self.ticket else None

    @strawberry.field(description="Whether the PSA no longer has the ticket.")
    def gone(self: Any) -> bool:
        """Tell whether the PSA answered that there is none."""
        return self.ticket is None and self.unavailable is None

    @strawberry.field(description="Why the PSA could not be asked: an error's code; null when it was.")
    def unavailable_reason(self: Any) -> str | None:
        """Return the code."""
        return _code(self)

    @strawberry.field(description="When to ask again, where the PSA said so.")
    def retry_after_seconds(self: Any) -> int | None:
        """Return the PSA's wish."""
        return _wait(self)


def _code(live: drift.Drift | drift.Live) -> str | None:
    return live.unavailable.code if live.unavailable else None


def _wait(live: drift.Drift | drift.Live) -> int | None:
    return live.unavailable.retry_after_seconds if live.unavailable else None
