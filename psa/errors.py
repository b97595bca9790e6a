"""Why a PSA call did not answer, told by what the caller may conclude and do next."""

from __future__ import annotations

from enum import Enum


class Effect(Enum):
    """What became of a write that ended in an error (reliability 3.3)."""

    NOT_SENT = "surely not sent"
    NOT_APPLIED = "received, surely not applied; the same request may pass later"
    REFUSED = "received and refused for good"
    UNKNOWN = "nobody here can tell: look before sending again"


class PsaError(Exception):
    """The PSA did not do what was asked. The class attributes are what clients read; none holds a secret.

    `status` is the HTTP status where there was one, `request_id` the PSA's own, `retry_after_seconds` its wish.
    """

    code = "PSA_ERROR"
    effect = Effect.UNKNOWN
    retryable = False
    hint: str | None = None

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class PsaNotConfigured(PsaError):
    """The organisation has not saved tenant, URL and key yet."""

    code = "PSA_NOT_CONFIGURED"
    effect = Effect.NOT_SENT
    hint = "An administrator saves tenant, URL and integration key with savePsaConnection."

    def __init__(self, message: str = "The connection to the PSA is not set up.") -> None:
        super().__init__(message)


class PsaUnreachable(PsaError):
    """No connection came about: the address is wrong, refused, or forbidden to us."""

    code = "PSA_UNREACHABLE"
    effect = Effect.NOT_SENT
    retryable = True
    hint = "Check the PSA's URL with testPsaConnection, or try again when the PSA is back."


class PsaBadCredentials(PsaError):
    """401 or 403: the integration key is not taken."""

    code = "PSA_BAD_CREDENTIALS"
    effect = Effect.NOT_APPLIED
    hint = "Generate a new integration key in the PSA and save it with savePsaConnection."


class PsaRateLimited(PsaError):
    """429, or our own knowledge that the minute's budget is spent."""

    code = "PSA_RATE_LIMITED"
    effect = Effect.NOT_APPLIED
    retryable = True
    hint = "Wait for retryAfterSeconds; the PSA allows 100 calls a minute for the whole organisation."


class PsaNotFound(PsaError):
    """404: what was asked for is not there."""

    code = "PSA_NOT_FOUND"
    effect = Effect.REFUSED


class PsaRejected(PsaError):
    """Another 4xx: the PSA read the request and will not have it. `reason` is the PSA's own machine code."""

    code = "PSA_REJECTED"
    effect = Effect.REFUSED

    def __init__(self, message: str, *, reason: str | None = None, **rest: int | str | None) -> None:
        super().__init__(message, **rest)  # pyright: ignore[reportArgumentType]
        self.reason = reason


class PsaConflict(PsaRejected):
    """409: the PSA says it already has one with this reference."""

    code = "PSA_CONFLICT"
    effect = Effect.UNKNOWN


class PsaUnavailable(PsaError):
    """A timeout, a broken connection, a 5xx or an unreadable answer: for a write, the outcome is unknown."""

    code = "PSA_UNAVAILABLE"
    effect = Effect.UNKNOWN
    retryable = True
    hint = "The PSA did not answer properly. Reads may be repeated; writes are looked up before they are repeated."
