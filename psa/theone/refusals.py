"""The one table from The One PSA's refusals to our errors (reliability 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psa.errors import (
    PsaBadCredentials,
    PsaConflict,
    PsaError,
    PsaNotFound,
    PsaRateLimited,
    PsaRejected,
    PsaUnavailable,
)
from psa.wire import REFUSALS, printable

if TYPE_CHECKING:
    from psa.wire import Reply

_MEANT_WHOEVER_SAYS_IT: dict[int, type[PsaError]] = {
    401: PsaBadCredentials,
    403: PsaBadCredentials,
    408: PsaUnavailable,
    429: PsaRateLimited,
}
_MEANT_WITH_A_CODE: dict[int, type[PsaError]] = {404: PsaNotFound, 409: PsaConflict}
_ALREADY_THERE = {"already_exists", "duplicate"}
_SAYINGS = {
    PsaBadCredentials: "The PSA does not take the integration key.",
    PsaNotFound: "The PSA has nothing with this id.",
    PsaRateLimited: "The PSA's calls a minute are spent.",
    PsaUnavailable: "The PSA did not answer properly.",
}


def refusal(reply: Reply) -> PsaError:
    """Give the error for a status that is not 2xx.

    A 4xx counts only with the PSA's own code in it: a proxy's 404 page must not pass for "that entry is gone".
    """
    code, text = _said(reply)
    kind = _kind(reply.status, code)
    told = _SAYINGS.get(kind) or f"The PSA refused: {text or code}"
    facts = {"status": reply.status, "request_id": reply.request_id}
    if issubclass(kind, PsaRejected):
        return kind(told, reason=code, **facts)
    wait = reply.retry_after if kind is PsaRateLimited else None
    return kind(told, retry_after_seconds=wait, **facts)  # pyright: ignore[reportArgumentType]


def _kind(status: int, code: str | None) -> type[PsaError]:
    if status in _MEANT_WHOEVER_SAYS_IT:
        return _MEANT_WHOEVER_SAYS_IT[status]
    if code is None or status not in REFUSALS:
        return PsaUnavailable
    return PsaConflict if code in _ALREADY_THERE else _MEANT_WITH_A_CODE.get(status, PsaRejected)


def _said(reply: Reply) -> tuple[str | None, str]:
    """Read the house's error body: {error, code, details}. Our reasons are its codes in lower case."""
    try:
        document = reply.document
    except ValueError:
        return None, ""
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        return None, ""
    text = document.get("error")
    return printable(document["code"]).lower()[:80], printable(text)[:300] if isinstance(text, str) else ""
