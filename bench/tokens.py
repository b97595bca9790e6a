"""The sessions that requests are made with, and the way every Python peer checks them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.population import MEMBER, ORG, OWNER
from psa.hub import SESSION, SessionClaims, issue_token, local_key, read_token

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNING_KEY = "a signing key of benchmarks, no secret"
REMEMBERED = 5.0  # seconds that a token's claims are kept by every contestant, ours as well
ASKERS = {"member": (MEMBER, "MEMBER"), "owner": (OWNER, "OWNER")}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as statements want it."""

    org: str
    user: str
    sees_all: bool


def token(asker: str) -> str:
    """Return a session of the member, the owner or another member, as the Hub would issue it."""
    user, role = ASKERS.get(asker, (asker, "MEMBER"))
    now = datetime.now(UTC)
    session = SessionClaims(user, ORG, role, user, f"{user}@example.test", now + SESSION)
    return issue_token(local_key(SIGNING_KEY), session, now)


class Tokens:
    """Checked tokens, each kept for 5 s."""

    def __init__(self) -> None:
        self._key = local_key(os.environ.get("SIGNING_KEY", SIGNING_KEY))
        self._known: dict[str, tuple[float, Caller]] = {}

    def caller(self, headers: Mapping[str, str] | list[tuple[bytes, bytes]]) -> Caller:
        """Return who asks; raise BadToken, or KeyError without a header."""
        raw = dict(headers)[b"authorization"].decode() if isinstance(headers, list) else headers["authorization"]
        known = self._known.get(raw)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        claims = read_token(self._key, raw.removeprefix("Bearer "), datetime.now(UTC))
        caller = Caller(claims.org_id, claims.user_id, claims.role in ("OWNER", "ADMIN"))
        self._known[raw] = (time.monotonic() + REMEMBERED, caller)
        return caller
