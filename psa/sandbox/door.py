"""The sandbox's door: every call is logged, hurt as the script says, asked for its key, counted, then answered."""

from __future__ import annotations

import asyncio
import hmac
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import web

from . import mishaps
from .calls import Call, Refused, finished, received
from .faults import next_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Answer
    from .store import Document, Store

WINDOW_SECONDS = 60
BODY_LIMIT = 1024 * 1024


class Door:
    """Lets calls in, one verb each. Counts what is in flight per contract while its process lives."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Take the store and a clock of epoch seconds."""
        self._store = store
        self._clock = clock
        self._in_flight: Counter[str] = Counter()

    async def answer(self, request: web.Request, verb: Callable[[Call], Answer]) -> web.StreamResponse:
        """Answer one call, whatever becomes of it."""
        body = _parsed(await request.read())
        tenant = request.headers.get("X-Tenant-Id", "")
        ref = body.get("externalRef") or request.query.get("externalRef")
        facts = {"tenant": tenant, "method": request.method, "path": request.path, "externalRef": ref}
        contract = self._contract_of(request, tenant, body)
        self._in_flight[contract] += 1
        with self._store.unit():
            fault = next_fault(self._store, facts)
            number = received(self._store, self._row(request, facts, contract, fault))
        status = None
        try:
            answer = await self._answer(request, verb, number, body, fault)
            status = answer.status
        except mishaps.Cut as cut:
            mishaps.cut(request, reset=cut.reset)
            answer = web.Response()
        finally:
            self._in_flight[contract] -= 1
            finished(self._store, number, status, self._clock())
        return answer

    async def _answer(
        self, request: web.Request, verb: Callable[[Call], Answer], number: int, body: Document, fault: Document
    ) -> web.StreamResponse:
        limits: dict[str, str] = {}
        request_id = {"X-Request-Id": uuid4().hex}
        try:
            await mishaps.before(fault)
            tenant = self._tenant(request)
            latency, clock = tenant["latencyMs"] / 1000, asyncio.get_running_loop().time
            due = clock() + latency
            await asyncio.sleep(latency / 2)
            limits |= self._spend(tenant)
            status, document = verb(self._call(request, tenant["id"], number, body, fault))
            await asyncio.sleep(due - clock())  # what it does is part of how long it takes, as with any PSA
            answer = web.Response(status=204) if document is None else web.json_response(document, status=status)
            answer.headers.update(request_id | limits)
            return await mishaps.after(fault, answer, request)
        except Refused as no:
            return web.json_response(no.body, status=no.status, headers=request_id | limits | no.headers)

    def _call(self, request: web.Request, tenant_id: str, number: int, body: Document, fault: Document) -> Call:
        """Read the tenant once more: it may have changed while the call was delayed."""
        return Call(
            number=number,
            store=self._store,
            tenant=self._store.tenant(tenant_id) or {},
            path_id=request.match_info.get("id", ""),
            query=request.query,
            body=body,
            now=self._clock(),
            fault=fault,
        )

    def _tenant(self, request: web.Request) -> Document:
        tenant = self._store.tenant(request.headers.get("X-Tenant-Id", ""))
        key = request.headers.get("X-Integration-Key", "")
        if tenant is None or not hmac.compare_digest(key.encode(), tenant["key"].encode()):
            raise Refused(401, "UNAUTHORIZED", "The tenant or its integration key is wrong")
        return tenant

    def _spend(self, tenant: Document) -> dict[str, str]:
        """Count the calls of the last minute in the log, so that a restart forgives nothing."""
        limit, now = tenant["rateLimit"], self._clock()
        if not limit:
            return {}
        spent, oldest = self._store.sql.execute(
            "SELECT count(*), min(received_at) FROM call"
            " WHERE tenant = ? AND received_at > ? AND coalesce(status, 0) NOT IN (401, 429)",
            (tenant["id"], now - WINDOW_SECONDS),
        ).fetchone()
        reset = max(1, math.ceil(oldest + WINDOW_SECONDS - now))
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - spent)),
            "X-RateLimit-Reset": str(reset),
        }
        if spent > limit:
            headers["Retry-After"] = str(reset)
            details = {"limit": limit, "window": WINDOW_SECONDS, "retryAfter": reset}
            raise Refused(429, "RATE_LIMIT_EXCEEDED", "Too many calls in a minute", headers, **details)
        return headers

    def _contract_of(self, request: web.Request, tenant: str, body: Document) -> str:
        """Name the contract a time entry is written to; empty for any other call."""
        if request.method == "POST":
            return str(body.get("contractId") or "") if request.path == "/api/time-entries" else ""
        if request.method == "DELETE":
            entry = self._store.get(tenant, "time_entry", request.match_info.get("id", ""))
            return entry["contractId"] if entry else ""
        return ""

    def _row(self, request: web.Request, facts: dict[str, Any], contract: str, fault: Document) -> Document:
        return {
            "tenant": facts["tenant"],
            "method": request.method,
            "path": request.path,
            "query": request.query_string,
            "external_ref": facts["externalRef"],
            "contract_id": contract or None,
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "fault": None if fault["do"] == "pass" else fault["do"],
            "in_flight": self._in_flight[contract] if contract else 0,
            "received_at": self._clock(),
        }


def _parsed(body: bytes) -> Document:
    """Read the body; one that is no JSON object holds nothing, and every demand on it will be refused."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
