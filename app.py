"""The door: settings, the application's lifetime, its routes, and the command line."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute

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
from schema.serving.rest import project_context, sdl
from schema.serving.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

PREFIX = "PROJECTS_"


class Settings(BaseSettings):
    """What an installation may choose, by environment variables; a `PROJECTS_` name that is not here is refused."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    database_url: SecretStr = Field(alias="DATABASE_URL")
    port: int = Field(8000, alias="PORT", ge=0, le=65535)
    host: str = "127.0.0.1"
    signing_key: SecretStr
    sealing_keys: SecretStr  # Fernet keys, the newest first, separated by commas
    pepper: SecretStr
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    app_url: str = Links.projects_app
    psa_app_url: str = Links.psa_app
    ide: bool = False
    introspection: bool = False
    allow_private_psa: bool = False
    lease_seconds: float = OutboxSettings.lease
    quarantine_seconds: float = OutboxSettings.quarantine
"""
