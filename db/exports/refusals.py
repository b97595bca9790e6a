"""What exports and voids refuse beyond what every command may."""

from __future__ import annotations

from db.refusals import Missing, Refusal


class ExportBatchNotFound(Missing):
    """No export batch has this id."""


class ExportQueueFull(Refusal, hint="Wait until some of what was asked for before has been sent.", retryable=True):
    """The organisation has as much waiting for the PSA as it may (20,000 lines: three hours of the PSA's calls)."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There may be at most {limit} lines waiting for the PSA.")
        self.limit = limit


class LineNotExported(Refusal, hint="Only what the PSA has confirmed can be taken back."):
    """A line that is not confirmed cannot be voided: it was refused, was voided before, or is still on its way."""

    def __init__(self, line_id: str, state: str) -> None:
        super().__init__(f"Export line {line_id} is {state}.")
        self.line_id = line_id
        self.state = state
