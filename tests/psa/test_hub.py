"""Session tokens of the Hub."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from psa.hub import SESSION, BadToken, SessionClaims, issue_token, local_key, read_token

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "a secret of at least thirty-two bytes"  # noqa: S105 - a test's own
KEY = local_key(SECRET)
ANN = SessionClaims("usr_ann", "org_acme", "MANAGER", "Ann Archer", "ann@acme.example", NOW + SESSION)
CLAIMS: dict[str, Any] = {
    "iss": "one-hub",
    "aud": "one-projects",
    "sub": "usr_ann",
    "org": "org_acme",
    "role": "MANAGER",
    "name": "Ann Archer",
    "email": "ann@acme.example",
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + SESSION).timestamp()),
}


def signed(claims: dict[str, Any], secret: str = SECRET, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, dict(claims), OctKey.import_key(secret), [alg])


def test_what_was_issued_is_read():
    assert read_token(KEY, issue_token(KEY, ANN, NOW), NOW) == ANN


def test_what_the_hub_signs_elsewhere_is_read():
    assert read_token(KEY, signed(CLAIMS), NOW) == ANN


def test_a_session_ends_after_eight_hours_and_thirty_seconds():
    token = issue_token(KEY, ANN, NOW)

    assert read_token(KEY, token, NOW + SESSION + timedelta(seconds=29)) == ANN
    with pytest.raises(BadToken) as caught:
        read_token(KEY, token, NOW + SESSION + timedelta(seconds=30))

    assert caught.value.reason == "EXPIRED"


def test_a_role_without_access_is_a_good_token_that_lets_nobody_in():
    token = issue_token(KEY, replace(ANN, role="BILLING"), NOW)

    with pytest.raises(BadToken) as caught:
        read_token(KEY, token, NOW)

    assert caught.value.reason == "NO_ACCESS"


def test_a_token_of_more_than_8_kib_is_not_even_parsed():
    with pytest.raises(BadToken) as caught:
        read_token(KEY, "x" * 8_193, NOW)

    assert caught.value.reason == "TOO_LONG"


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_every_claim_is_essential(claim: str):
    token = signed({name: value for name, value in CLAIMS.items() if name != claim})

    with pytest.raises(BadToken) as caught:
        read_token(KEY, token, NOW)

    assert caught.value.reason == "INVALID"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "another-hub"},
        {"aud": "one-books"},
        {"aud": 7},
        {"role": "GOD"},
        {"role": ["OWNER"]},
        {"sub": 7},
        {"org": ""},
        {"org": None},
        {"name": {}},
        {"exp": "tomorrow"},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": int(NOW.timestamp()) + 3_600},
        {"nbf": int(NOW.timestamp()) + 3_600},
    ],
)
def test_a_claim_that_is_wrong_is_refused(wrong: dict[str, Any]):
    with pytest.raises(BadToken) as caught:
        read_token(KEY, signed(CLAIMS | wrong), NOW)

    assert caught.value.reason == "INVALID"


def by_hand(head: dict[str, Any], body: bytes) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    signed_text = f"{part(json.dumps(head).encode())}.{part(body)}"
    return f"{signed_text}.{part(hmac.digest(SECRET.encode(), signed_text.encode(), 'sha256'))}"


GOOD = signed(CLAIMS)
HEAD, BODY, SIGNATURE = GOOD.split(".")
FORGED = {
    "another key": signed(CLAIMS, "another secret of at least thirty-two bytes"),
    "another algorithm": signed(CLAIMS, SECRET * 2, "HS512"),
    "alg none": f"{by_hand({'alg': 'none'}, b'{}').split('.')[0]}.{BODY}.",
    "no signature": f"{HEAD}.{BODY}.",
    "a changed body": f"{HEAD}.{signed(CLAIMS | {'role': 'OWNER'}).split('.')[1]}.{SIGNATURE}",
    "RS256": jwt.encode({"alg": "RS256"}, dict(CLAIMS), RSAKey.generate_key(2048), ["RS256"]),
    "crit": by_hand({"alg": "HS256", "crit": ["tea"], "tea": 1}, json.dumps(CLAIMS).encode()),
    "no JSON": by_hand({"alg": "HS256"}, b"hello"),
    "a list": by_hand({"alg": "HS256"}, b"[1]"),
    "deep": by_hand({"alg": "HS256"}, b"[" * 5_000),
    "nothing": "",
    "words": "a.b.c",
    "no ASCII": "\u00e9.\u00e9.\u00e9",
}


def test_a_token_made_by_hand_is_as_good_as_ours():
    assert read_token(KEY, by_hand({"alg": "HS256"}, json.dumps(CLAIMS).encode()), NOW) == ANN


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(token: str):
    with pytest.raises(BadToken) as caught:
        read_token(KEY, token, NOW)

    assert caught.value.reason == "INVALID"


def test_a_short_key_is_refused_and_a_key_is_never_shown():
    with pytest.raises(ValueError, match="32 bytes"):
        local_key("short")

    assert SECRET not in repr(KEY)
