"""Secrets at rest: sealed so that they can be sent, hashed so that they can be found."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

if TYPE_CHECKING:
    from collections.abc import Sequence


class BrokenSeal(Exception):
    """A sealed secret was not sealed by us, or not for this tenant and purpose."""


class Vault:
    """Seals with the first key, opens with any, so that keys can be rotated; none of its words show a secret.

    `keys` are Fernet keys (32 bytes, URL-safe base 64); `pepper` keys the hashes and cannot be rotated.
    """

    def __init__(self, keys: Sequence[str], pepper: str) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys])
        self._pepper = pepper.encode()

    def seal(self, tenant: str, purpose: str, secret: str) -> str:
        """Return a secret as it may be stored. Fernet binds no context, so tenant and purpose lie inside."""
        plain = json.dumps({"v": 1, "tenant": tenant, "purpose": purpose, "secret": secret})
        return self._keys.encrypt(plain.encode()).decode()

    def open(self, tenant: str, purpose: str, sealed: str) -> str:
        """Return the secret; raise BrokenSeal for what was sealed elsewhere, or for another row."""
        try:
            plain = json.loads(self._keys.decrypt(sealed.encode()))
        except InvalidToken:
            raise BrokenSeal from None
        if (plain["v"], plain["tenant"], plain["purpose"]) != (1, tenant, purpose):
            raise BrokenSeal
        return plain["secret"]

    def renew(self, sealed: str) -> str:
        """Return the same secret sealed with the newest key; raise BrokenSeal."""
        try:
            return self._keys.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise BrokenSeal from None

    def digest(self, secret: str) -> str:
        """Return the hash under which a secret is found again."""
        return hmac.new(self._pepper, secret.encode(), hashlib.sha256).hexdigest()
