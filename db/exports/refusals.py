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


class LineNotLeftToPeople(
    Refusal, hint="Without `seen` a line in doubt is looked up; needsAttention says when only a person can tell."
):
    """What a person saw settles a line only where no lookup can: `CANNOT_BE_LOOKED_UP`, `REMOTE_MISMATCH`."""

    def __init__(self, line_id: str, state: str) -> None:
        super().__init__(f"Export line {line_id} is {state}, and not a person's to settle.")
        self.line_id = line_id
        self.state = state


class RequestUnderWay(Refusal, hint="Look in the PSA again after that: it may arrive until then.", retryable=True):
    """Nobody can say yet that a line is not in the PSA: its last request may still take effect."""

    def __init__(self, line_id: str, seconds: int) -> None:
        super().__init__(f"What was sent of export line {line_id} may still arrive within {seconds} seconds.")
        self.line_id = line_id
        self.retry_after_seconds = seconds


class PreviewStale(
    Refusal, hint="Look at exportPreview again: it shows what would be sent now, and the fingerprint to expect."
):
    """What would be sent is no longer what the preview showed: entries were edited, exported or approved since."""

    def __init__(self, project_id: str) -> None:
        super().__init__(f"What would be exported of project {project_id} has changed since the preview.")
        self.project_id = project_id


class NothingToRetry(
    Refusal, hint="Only what the PSA refused is retried; an unknown outcome is settled with resolveUnknownExport."
):
    """No line of the batch failed."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"No line of export batch {batch_id} has failed.")
        self.batch_id = batch_id


class PsaEntryInvoiced(Refusal, hint="Ask for a credit note in the PSA; here the entry stays exported."):
    """The PSA has invoiced its entry and does not remove it any more."""

    def __init__(self, line_id: str) -> None:
        super().__init__(f"The PSA has invoiced what export line {line_id} brought there.")
        self.line_id = line_id
