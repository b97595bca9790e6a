"""The door: settings, routes, the application's lifetime, and the command line."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import WebSocketRoute

from db.urls import with_driver
from psa.sandbox.processes import NotStarted
from resolvers.context import Links, wall_clock
from resolvers.outbox.settings import OutboxSettings
from resolvers.rooms import open_rooms
from resolvers.strangers import InTheWay, refuse_strangers
from schema import roots
from schema.executions import Executions
from schema.serving import logs
from schema.serving.addresses import listening
from schema.serving.endpoints import GraphQLEndpoint
from schema.serving.envelopes import Envelope
from schema.serving.ide import Ide
from schema.serving.mistakes import PREFIX, sentences
from schema.serving.origins import for_origins
from schema.serving.probes import Readiness
from schema.serving.rest import Contexts, broken, contract, refuse
from schema.serving.sockets import Sockets
from schema.tour.steps import Unexpected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from socket import socket

    from schema.serving.requests import Receive, Scope, Send

GRAPHQL = "/graphql"
DATA = Path(__file__).parent / ".data"


class Settings(BaseSettings):
    """What an installation may choose, by environment variables; a `PROJECTS_` name that is not here is refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    database_url: SecretStr = Field(validation_alias="DATABASE_URL")
    port: int = Field(8000, validation_alias="PORT", ge=0, le=65535)
    host: str = "127.0.0.1"
    signing_key: SecretStr = Field(min_length=32)
    sealing_keys: SecretStr  # Fernet keys, the newest first, separated by commas
    pepper: SecretStr
    allowed_origins: str = Field("", validation_alias="ALLOWED_ORIGINS")  # separated by commas
    app_url: str = Links().projects_app
    psa_app_url: str = Links().psa_app
    ide: bool = False
    introspection: bool = False
    allow_private_psa: bool = False
    send_seconds: float = OutboxSettings().total_timeout
    lease_seconds: float = OutboxSettings().lease
    quarantine_seconds: float = OutboxSettings().quarantine
    log_level: str = "INFO"

    @model_validator(mode="before")
    @classmethod
    def _known(cls, values: Any) -> Any:
        known = {PREFIX + name.upper() for name, field in cls.model_fields.items() if not field.validation_alias}
        if unknown := sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
            raise ValueError(f"there is no setting {', '.join(unknown)}")
        return values


def create_app(
    settings: Settings, *, clock: Callable[[], datetime] = wall_clock, readiness: Readiness | None = None
) -> Envelope:
    """Build the application; nothing is opened before its lifespan begins."""
    schema = roots.build()
    executions = Executions(schema, introspection=settings.introspection)
    ide = Ide() if settings.ide else None
    graphql = GraphQLEndpoint(executions, ide)
    origins = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    sockets: Any = Sockets(executions, schema, origins)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with open_rooms(settings, clock) as rooms:
            yield {"rooms": rooms}
            await executions.close()

    routes = [
        WebSocketRoute(GRAPHQL, sockets), *Contexts(executions).routes(), *(readiness or Readiness()).routes(),
        *(ide.routes() if ide else ()), *([contract(schema)] if settings.introspection else ()),
    ]  # fmt: skip
    site = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: refuse, Exception: broken})

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        # GraphQL needs no router; what stands before it would be paid by every request.
        ahead: Any = graphql if scope["type"] == "http" and scope["path"] == GRAPHQL else site
        await ahead(scope, receive, send)

    return Envelope(for_origins(door, origins))


def run(settings: Settings, at: socket) -> None:
    """Serve until told to stop; requests under way get 20 seconds."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            readiness.draining = True
            super().handle_exit(sig, frame)

    readiness = Readiness()
    logs.configure(settings.log_level)
    config = uvicorn.Config(
        create_app(settings, readiness=readiness), ws="websockets-sansio", ws_max_size=64 * 1024, lifespan="on",
        log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=20,
    )  # fmt: skip
    Server(config).run([at])


def serve() -> None:
    """Serve the API; every setting comes from the environment."""
    settings = Settings()  # pyright: ignore[reportCallIssue] - the environment has the rest
    at, url = listening(settings.host, settings.port)
    print("Listening at", url, flush=True)
    run(settings, at)


def migrate() -> None:
    """Bring the database of DATABASE_URL to this version's tables."""
    from db.migrating import upgrade

    upgrade(with_driver(os.environ["DATABASE_URL"]))


def sdl() -> None:
    """Print the contract."""
    print(roots.build().as_str())


def token(*, role: str = "OWNER") -> None:
    """Print a session token, good for 8 hours, for somebody of the demo."""
    from resolvers.demos import Demo

    print(Demo(DATA).token(role.upper(), wall_clock()))


def demo(*, port: int = 8000, reset: bool = False, folder: Path = DATA) -> None:
    """Start the demo: its data, a PSA to talk to, and the server; kept in the folder, or in DATABASE_URL."""
    from resolvers.demos import Demo

    shown, (at, url) = Demo(folder), listening("127.0.0.1", port)
    with shown.running(os.environ.get("DATABASE_URL"), wall_clock(), reset=reset) as chosen:
        print(shown.welcome(url, wall_clock()), flush=True)
        run(Settings(**chosen, log_level="WARNING"), at)


def tour(*, url: str = "http://127.0.0.1:8000") -> None:
    """Play the whole job against a running server, with the demo's keys or those in TOKEN and INTEGRATION_KEY."""
    from resolvers.demos import Demo
    from schema.tour.playing import Keys, keys_from_environment, play

    keys = keys_from_environment() or Keys(Demo(DATA).token("OWNER", wall_clock()), Demo(DATA).integration_key)
    for words in play(url.rstrip("/"), keys):
        print(words, flush=True)


def main() -> None:
    """Do what the command line says."""
    try:
        refuse_strangers(packages_distributions())
        serve() if sys.argv[1:] == ["serve"] else _command()
    except ValidationError as flawed:
        sys.exit(sentences(flawed.errors()))
    except (NotStarted, Unexpected, InTheWay) as reason:
        sys.exit(str(reason))


def _command() -> None:
    from cyclopts import App

    commands = App(name="app.py", help=__doc__)
    for command in (serve, migrate, token, demo, tour):
        commands.command(command)
    commands.command(sdl, name="schema")
    commands()


if __name__ == "__main__":
    main()
