"""Whether this process lives, and whether it should be sent requests."""

import asyncio
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from db.versions import at_head

PATIENCE = 2.0  # seconds

log = structlog.get_logger()


@dataclass(slots=True)
class Readiness:
    """Ready while the database answers with this version's tables, until the process was told to stop."""

    draining: bool = False

    def routes(self) -> list[Route]:
        """Return the paths that an orchestrator asks."""
        return [Route("/livez", _alive), Route("/readyz", self._ready)]

    async def _ready(self, request: Request) -> Response:
        reason = "draining" if self.draining else await _unready(request)
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "unready", "reason": reason}, 503)


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _unready(request: Request) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return None if await at_head(request.state.rooms.database) else "migrations"
    except Exception:
        log.exception("database does not answer", request_id=request.state.request_id)
        return "database"
