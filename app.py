"""The door: routes, the application's lifetime, and the command line."""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: to look for garbage among it, again and again, takes a sixth of the start

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import WebSocketRoute

from db.urls import with_driver
from resolvers.context import wall_clock
from resolvers.drains import Drain
from resolvers.rooms import open_rooms
from schema import roots
from schema.executions import Executions
from schema.serving import logs
from schema.serving.addresses import listening
from schema.serving.endpoints import GraphQLEndpoint, before
from schema.serving.envelopes import Envelope
from schema.serving.ide import Ide
from schema.serving.lanes import Lane
from schema.serving.origins import for_origins
from schema.serving.places import Places
from schema.serving.probes import Readiness
from schema.serving.rest import Contexts, broken, contract, refuse
from schema.serving.settings import BadSettings, Settings, read
from schema.serving.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from socket import socket

gc.freeze()  # else the first look after `enable` walks all of it
gc.enable()
GRAPHQL = "/graphql"
told = partial(print, flush=True)
DATA = Path(__file__).parent / ".data"


def create_app(
    settings: Settings, *, clock: Callable[[], datetime] = wall_clock, drain: Drain | None = None
) -> Envelope:
    """Build the application; nothing is opened before its lifespan begins."""
    drain = drain or Drain()
    schema = roots.build()
    trusted = settings.trusted_documents
    executions = Executions(schema, introspection=settings.introspection, trusted=trusted and trusted.texts)
    ide = Ide() if settings.ide else None
    graphql = GraphQLEndpoint(executions, ide)
    origins = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    sockets: Any = Sockets(executions, schema, origins, Places(settings.sockets))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with open_rooms(settings, clock, drain) as rooms:
            yield {"rooms": rooms}
            await executions.close(drain.left())

    routes = [
        WebSocketRoute(GRAPHQL, sockets), *Contexts(executions).routes(), *Readiness(drain).routes(),
        *(ide.routes() if ide else ()), *([contract(schema)] if settings.introspection else ()),
    ]  # fmt: skip
    site = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: refuse, Exception: broken})
    return Envelope(for_origins(before(site, graphql, GRAPHQL), origins), Lane(graphql, GRAPHQL, bool(origins)))


def run(settings: Settings, at: socket) -> None:
    """Serve until told to stop; what is under way gets 20 seconds."""
    from schema.serving import servers

    logs.configure(settings.log_level)
    drain = Drain()
    app = create_app(settings, drain=drain)
    servers.run(app, app.lane, at, drain)


def serve() -> None:
    """Serve the API; every setting comes from the environment."""
    settings = read()
    at, url = listening(settings.host, settings.port)
    told("Listening at", url)
    run(settings, at)


def migrate() -> None:
    """Bring the database of DATABASE_URL to this version's tables."""
    from db.migrating import upgrade

    if not os.environ.get("DATABASE_URL"):
        raise BadSettings("DATABASE_URL: it is needed")
    upgrade(with_driver(os.environ["DATABASE_URL"]))


def sdl() -> None:
    """Print the contract."""
    print(roots.build().as_str())


def token(*, role: str = "OWNER", folder: Path = DATA) -> None:
    """Print a session token, good for 8 hours, for somebody of the demo."""
    from resolvers.demos import Demo

    print(Demo(folder).token(role.upper(), wall_clock()))


def demo(*, port: int = 8000, reset: bool = False, folder: Path = DATA) -> None:
    """Start the demo: its data, a PSA to talk to, and the server; kept in the folder, or in DATABASE_URL."""
    from resolvers.demos import Demo

    shown, (at, url) = Demo(folder), listening("127.0.0.1", port)
    with shown.running(os.environ.get("DATABASE_URL"), wall_clock(), reset=reset) as chosen:
        told(shown.welcome(url, wall_clock()))
        run(read(**chosen, log_level="WARNING"), at)


def tour(*, url: str = "http://127.0.0.1:8000", folder: Path = DATA) -> None:
    """Play the whole job against a running server, with the demo's keys or those in TOKEN and INTEGRATION_KEY."""
    from resolvers.demos import Demo
    from schema.tour.playing import Keys, keys_from_environment, play

    shown = Demo(folder)
    keys = keys_from_environment() or Keys(shown.token("OWNER", wall_clock()), shown.integration_key)
    for words in play(url.rstrip("/"), keys):
        told(words)


def ledger(deed: Literal["status", "recover", "resume"], *, since: str = "", patience: float = 3600.0) -> None:
    """After a restore: look up what may have been sent, tickets from a moment on, and let exports go on."""
    from resolvers.recoveries import obeyed

    is_well = asyncio.run(obeyed(read(), deed, since, patience, told))
    sys.exit(not is_well)


def main() -> None:
    """Do what the command line says."""
    commands = (serve, migrate, token, demo, tour, ledger)
    try:
        if sys.argv[1:] == ["serve"]:
            serve()  # which loads neither the command line's library nor what it says to newcomers
            return
        from schema.serving.commands import obey

        obey(str(__doc__), {each.__name__: each for each in commands} | {"schema": sdl})
    except BadSettings as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
