"""The control surface: what a tester may see and play. It answers this machine only, and asks for no key."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import faults, seeds
from .calls import Refused, log_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .store import Document, Store

PLAYED = {"contracts": "contract", "tickets": "ticket", "time-entries": "time_entry"}
SHOWN = PLAYED | {"clients": "client"}


class Controls:
    """What stands under /sandbox."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """Take the store and a clock of epoch seconds."""
        self._store = store
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Give the paths."""
        return [
            web.post("/sandbox/seed", self._told(self._seed)),
            web.post("/sandbox/reset", self._told(self._reset)),
            web.post("/sandbox/invoice", self._told(self._invoice)),
            web.put("/sandbox/settings", self._told(self._settings)),
            web.get("/sandbox/faults", self._told(self._faults)),
            web.put("/sandbox/faults", self._told(self._script)),
            web.delete("/sandbox/faults", self._told(self._unscript)),
            web.get("/sandbox/log", self._told(self._log)),
            web.get("/sandbox/{kind:clients|contracts|tickets|time-entries}", self._told(self._everything)),
            web.put("/sandbox/{kind:contracts|tickets|time-entries}/{tenant}/{id}", self._told(self._put)),
            web.delete("/sandbox/{kind:contracts|tickets|time-entries}/{tenant}/{id}", self._told(self._remove)),
        ]

    def _told(self, verb: Callable[[web.Request, Any], Any]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            try:
                _refuse_afar(request.remote)
                return web.json_response(verb(request, json.loads(await request.read() or b"{}")))
            except Refused as no:
                return web.json_response(no.body, status=no.status)
            except (ValueError, TypeError, LookupError, AttributeError) as flaw:
                body = {"error": str(flaw), "code": "VALIDATION_ERROR", "details": {}}
                return web.json_response(body, status=400)

        return answer

    def _seed(self, _: web.Request, body: Document) -> Document:
        return seeds.seed(self._store, body, self._clock())

    def _reset(self, _: web.Request, body: Document) -> Document:
        self._store.reset(body.get("tenant"))
        return {}

    def _invoice(self, _: web.Request, body: Document) -> Document:
        return {"invoiced": seeds.invoice(self._store, body["tenant"], body.get("ids"), self._clock())}

    def _settings(self, _: web.Request, body: Document) -> Document:
        return {"settings": seeds.settle(self._store, body)}

    def _faults(self, _: web.Request, _body: Document) -> Document:
        return {"rules": faults.scripted(self._store)}

    def _script(self, _: web.Request, body: Document) -> Document:
        faults.script(self._store, body["rules"])
        return {"rules": faults.scripted(self._store)}

    def _unscript(self, _: web.Request, _body: Document) -> Document:
        faults.script(self._store, [])
        return {"rules": []}

    def _log(self, request: web.Request, _: Document) -> Document:
        return log_of(self._store, request.query.get("tenant"))

    def _everything(self, request: web.Request, _: Document) -> Document:
        return {"items": self._store.everything(request.query["tenant"], SHOWN[request.match_info["kind"]])}

    def _put(self, request: web.Request, body: Document) -> Document:
        tenant, kind = request.match_info["tenant"], PLAYED[request.match_info["kind"]]
        with self._store.unit():
            return seeds.put_thing(self._store, tenant, kind, body | {"id": request.match_info["id"]}, self._clock())

    def _remove(self, request: web.Request, _: Document) -> Document:
        place = request.match_info
        return {"removed": self._store.remove(place["tenant"], PLAYED[place["kind"]], place["id"])}


def _refuse_afar(remote: str | None) -> None:
    if remote is None or not ipaddress.ip_address(remote).is_loopback:
        raise Refused(403, "FORBIDDEN", "The control surface answers this machine only")
