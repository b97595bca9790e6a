"""The sandbox as an aiohttp application: the PSA's paths, and the control surface beside them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aiohttp import web

from . import contracts, tickets, time_entries
from .controls import Controls
from .door import BODY_LIMIT, Door

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .calls import Answer, Call
    from .store import Store

PATHS: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("GET", "/api/clients", contracts.list_clients),
    ("GET", "/api/clients/{id}", contracts.one_client),
    ("GET", "/api/contracts", contracts.list_contracts),
    ("POST", "/api/contracts/batch", contracts.batch_contracts),
    ("GET", "/api/contracts/{id}", contracts.one_contract),
    ("GET", "/api/tickets", tickets.list_tickets),
    ("POST", "/api/tickets", tickets.open_ticket),
    ("POST", "/api/tickets/batch", tickets.batch_tickets),
    ("GET", "/api/tickets/{id}", tickets.one_ticket),
    ("GET", "/api/time-entries", time_entries.list_time),
    ("POST", "/api/time-entries", time_entries.record_time),
    ("POST", "/api/time-entries/batch", time_entries.batch_time),
    ("GET", "/api/time-entries/{id}", time_entries.one_time),
    ("DELETE", "/api/time-entries/{id}", time_entries.remove_time),
)


def create_sandbox(store: Store, clock: Callable[[], float] = time.time) -> web.Application:
    """Build the application. The caller keeps the store, and closes it after the last call."""
    app = web.Application(client_max_size=BODY_LIMIT)
    door = Door(store, clock)
    for method, path, verb in PATHS:
        app.router.add_route(method, path, _let_in(door, verb))
    app.add_routes(Controls(store, clock).routes())
    return app


def _let_in(door: Door, verb: Callable[[Call], Answer]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await door.answer(request, verb)

    return answer
