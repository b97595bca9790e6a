"""The Hub's session tokens: who is asking, in which organisation, with which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

if TYPE_CHECKING:
    from joserfc.jwk import KeyFlexible

ISSUER = "one-hub"
AUDIENCE = "one-projects"
SESSION = timedelta(hours=8)
LEEWAY_SECONDS = 30
TOKEN_LIMIT = 8 * 1024
KEY_BYTES = 32
ROLES = ("OWNER", "ADMIN", "MANAGER", "MEMBER", "VIEWER")
WITHOUT_ACCESS = "BILLING"

_TEXTS = ("sub", "org", "role", "name", "email")


class BadToken(Exception):
    """This token lets nobody in. `reason`: TOO_LONG, EXPIRED, INVALID, or NO_ACCESS for a role without any."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class HubKey:
    """What signs and checks tokens. `algorithms` comes from us, never from a token."""

    key: KeyFlexible = field(repr=False)
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """What the Hub says of the person who asks."""

    user_id: str
    org_id: str
    role: str
    name: str
    email: str
    expires_at: datetime


def local_key(secret: str) -> HubKey:
    """Make the key of an installation that issues its own tokens. Raises ValueError below 32 bytes."""
    if len(secret.encode()) < KEY_BYTES:
        raise ValueError(f"The Hub key needs {KEY_BYTES} bytes or more.")
    return HubKey(OctKey.import_key(secret), ("HS256",))


def issue_token(key: HubKey, session: SessionClaims, now: datetime) -> str:
    """Sign a session. The Hub's last for `SESSION` and do not slide (domain 10)."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": session.user_id,
        "org": session.org_id,
        "role": session.role,
        "name": session.name,
        "email": session.email,
        "iat": int(now.timestamp()),
        "exp": int(session.expires_at.timestamp()),
    }
    return jwt.encode({"alg": key.algorithms[0]}, claims, key.key, list(key.algorithms))


def read_token(key: HubKey, token: str, now: datetime) -> SessionClaims:
    """Check signature, algorithm, issuer, audience and times, with 30 s of leeway. Raises BadToken."""
    if len(token) > TOKEN_LIMIT:
        raise BadToken("TOO_LONG")
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, key.key, list(key.algorithms)).claims
        registry.validate(claims)
        return _session(claims)
    except ExpiredTokenError:
        raise BadToken("EXPIRED") from None
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise BadToken("INVALID") from None


def _session(claims: dict[str, Any]) -> SessionClaims:
    user_id, org_id, role, name, email = (_text(claims[name]) for name in _TEXTS)
    if role == WITHOUT_ACCESS:
        raise BadToken("NO_ACCESS")
    if role not in ROLES:
        raise ValueError("no role of the Hub")
    return SessionClaims(user_id, org_id, role, name, email, datetime.fromtimestamp(claims["exp"], UTC))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a claim that must be text")
    return value
