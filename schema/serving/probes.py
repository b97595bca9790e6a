"""Whether this process lives, and whether it should be sent requests."""

import asyncio
import logging
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from db.ledger.incarnations import suspension
from db.versions import at_head
from resolvers.drains import Drain

PATIENCE = 2.0  # seconds

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Readiness:
    """Ready while the database answers with this version's tables, until the process was told to stop.

    Suspended exports leave a process ready, for all the rest goes on; the answer says so.
    """

    drain: Drain

    def routes(self) -> list[Route]:
        """Return the paths that an orchestrator asks."""
        return [Route("/livez", _alive), Route("/readyz", self._ready)]

    async def _ready(self, request: Request) -> Response:
        reason, suspended = ("draining", None) if self.drain.has_begun else await _found(request)
        if reason is not None:
            return JSONResponse({"status": "unready", "reason": reason}, 503)
        return JSONResponse({"status": "ready"} | ({"exports": "suspended", "why": suspended} if suspended else {}))


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _found(request: Request) -> tuple[str | None, str | None]:
    """Return why the process is not ready, and why exports are suspended."""
    database = request.state.rooms.database
    try:
        async with asyncio.timeout(PATIENCE):
            if not await at_head(database):
                return "migrations", None
            async with database.read(None) as session:
                return None, await suspension(session)
    except Exception:
        log.exception("database does not answer", extra={"request_id": request.state.request_id})
        return "database", None
