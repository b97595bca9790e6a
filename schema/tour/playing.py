"""Playing the tour against a running server, with nothing but the standard library, and telling how it goes."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from . import billing, linking, showing
from .steps import Step, Unexpected, at, filled, missing

STEPS = (*linking.STEPS, *billing.STEPS, *showing.STEPS)
PATIENCE = 60.0  # seconds that a step may wait for the worker
PAUSE = 0.5
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Keys:
    """What the tour shows at the door: a person's token, and the PSA's key."""

    token: str = field(repr=False)
    integration_key: str = field(repr=False)


def play(url: str, keys: Keys) -> Iterator[str]:
    """Take every step, telling each in words. Raise Unexpected at the first that does not go as it should."""
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "run": f"tour-{uuid4().hex[:12]}", "today": f"{now:%Y-%m-%d}", "due": f"{now + timedelta(days=30):%Y-%m-%d}",
    }  # fmt: skip
    for number, step in enumerate(STEPS, 1):
        yield f"\n{number}. {step.title}\n\n{_shown(step, known)}\n"
        answer = _patiently(url, keys, step, known)
        known |= {name: at(answer, place) for name, place in step.learns.items()}
        yield f"   → {filled(step.said, known)}"
    yield f"\nAll {len(STEPS)} steps went as they should."


def keys_from_environment() -> Keys | None:
    """Return TOKEN and INTEGRATION_KEY, where both are given."""
    token, key = os.environ.get("TOKEN"), os.environ.get("INTEGRATION_KEY")
    return Keys(token, key) if token and key else None


def _patiently(url: str, keys: Keys, step: Step, known: Mapping[str, Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while True:
        answer = _asked(url, keys, step, known)
        try:
            lacks = missing(answer, step)
        except Unexpected as nothing:
            lacks = str(nothing)
        if lacks is None:
            return answer
        if not step.waits or time.monotonic() > until:
            raise Unexpected(f"{lacks}\n{json.dumps(answer, indent=2, ensure_ascii=False)}")
        time.sleep(PAUSE)


def _asked(url: str, keys: Keys, step: Step, known: Mapping[str, Any]) -> Any:
    if step.path:
        return _fetched(url + filled(step.path, known), keys, step)
    body = {"query": step.document, "variables": filled(step.variables, known)}
    answer = _fetched(f"{url}/graphql", keys, step, json.dumps(body).encode())
    if answer.get("errors"):
        raise Unexpected(json.dumps(answer["errors"], indent=2, ensure_ascii=False))
    return answer["data"]


def _fetched(address: str, keys: Keys, step: Step, body: bytes | None = None) -> Any:
    shown = {"X-Integration-Key": keys.integration_key} if step.by_key else {"Authorization": f"Bearer {keys.token}"}
    headers = {**shown, "Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - the address that the user named
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - as above
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Unexpected(f"{refused.code}: {refused.read(2000).decode(errors='replace')}") from None
    except OSError as reason:
        raise Unexpected(f"{address} does not answer: {reason}") from None


def _shown(step: Step, known: Mapping[str, Any]) -> str:
    if step.path:
        return f"   GET {filled(step.path, known)}"
    return "\n".join(f"   {line}".rstrip() for line in step.document.splitlines())
