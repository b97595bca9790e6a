"""The door: settings, the application's lifetime, its routes, and the command line."""

from __future__ import annotations

import logging
import os
import socket
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute

from db.session import Database
from db.vaults import Vault
from psa.connections import PsaConnections
from psa.hub import local_key
from psa.reach import Clock, Reach
from resolvers.context import Links, wall_clock
from resolvers.outbox.outboxes import Outbox
from resolvers.outbox.settings import OutboxSettings
from resolvers.rooms import Roads, Rooms
from resolvers.viewers import Viewers
from resolvers.workers import Worker
from schema import roots
from schema.executions import Executions
from schema.serving.endpoints import GraphQLEndpoint
from schema.serving.envelopes import Envelope
from schema.serving.ide import Ide
from schema.serving.probes import Readiness
from schema.serving.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

PREFIX = "PROJECTS_"
GRAPHQL = "/graphql"


class Settings(BaseSettings):
    """What an installation may choose, by environment variables; a `PROJECTS_` name that is not here is refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    database_url: SecretStr = Field(validation_alias=AliasChoices("DATABASE_URL"))
    port: int = Field(8000, validation_alias=AliasChoices("PORT"), ge=0, le=65535)
    host: str = "127.0.0.1"
    signing_key: SecretStr
    sealing_keys: SecretStr  # Fernet keys, the newest first, separated by commas
    pepper: SecretStr
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    app_url: str = Links().projects_app
    psa_app_url: str = Links().psa_app
    ide: bool = False
    introspection: bool = False
    allow_private_psa: bool = False
    lease_seconds: float = OutboxSettings().lease
    quarantine_seconds: float = OutboxSettings().quarantine
    log_level: str = "INFO"

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def create_app(settings: Settings, *, clock: Callable[[], datetime] = wall_clock) -> Envelope:
    """Build the application; nothing is opened before its lifespan begins."""
    schema = roots.build()
    executions = Executions(schema, introspection=settings.introspection)
    ide = Ide() if settings.ide else None
    graphql = GraphQLEndpoint(executions, ide)
    sockets = Sockets(executions, schema, settings.allowed_origins)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with _rooms(settings, clock) as rooms:
            try:
                yield {"rooms": rooms}
            finally:
                await executions.close()

    routes = [
        Route(GRAPHQL, graphql), WebSocketRoute(GRAPHQL, sockets), *Readiness().routes(),
        *(ide.routes() if ide else ()),
    ]  # fmt: skip
    app: Any = Starlette(routes=routes, lifespan=lifespan)
    return Envelope(app)


@asynccontextmanager
async def _rooms(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Rooms]:
    database = Database(settings.database_url.get_secret_value())
    vault = Vault(settings.sealing_keys.get_secret_value().split(","), settings.pepper.get_secret_value())
    connections = PsaConnections(Reach(allow_private=settings.allow_private_psa), Clock())
    roads = Roads(database, vault, connections)
    pace = OutboxSettings(lease=settings.lease_seconds, quarantine=settings.quarantine_seconds)
    outbox = Outbox(database, roads.psa_for, pace)
    viewers = Viewers(database, local_key(settings.signing_key.get_secret_value()), vault, clock)
    worker = Worker(outbox)
    worker.start()
    links = Links(settings.app_url, settings.psa_app_url)
    try:
        yield Rooms(database, vault, viewers, roads, outbox, links, clock, settings.allow_private_psa)
    finally:
        await worker.stop()
        await outbox.close()
        await connections.close()
        await database.close()


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(create_app(Settings()), host="127.0.0.1", port=Settings().port, ws="websockets-sansio")
