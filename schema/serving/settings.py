"""What an installation may choose, read from the environment; what cannot be used is told in sentences."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from db.secrets import Secret
from resolvers.context import Links
from resolvers.outbox.settings import OutboxSettings
from schema.manifests import Manifest

PREFIX = "PROJECTS_"
BARE = ("DATABASE_URL", "PORT", "ALLOWED_ORIGINS")  # hosting sets these, by the names that everybody's servers read
KEY_LEAST = 32


class BadSettings(Exception):
    """Settings that cannot be used: a sentence a line, which shows no value of a secret."""


class SigningKey(Secret):
    """A secret that is long enough to sign with."""

    def __init__(self, text: str) -> None:
        """Raise ValueError for a short one."""
        if len(text) < KEY_LEAST:
            raise ValueError(f"it needs {KEY_LEAST} characters or more")
        super().__init__(text)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation may choose. `read` makes one, and refuses a `PROJECTS_` name that is not here."""

    database_url: Secret
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    host: str = "127.0.0.1"
    signing_key: SigningKey
    sealing_keys: Secret  # Fernet keys, the newest first, separated by commas
    pepper: Secret
    allowed_origins: str = ""  # separated by commas
    app_url: str = Links().projects_app
    psa_app_url: str = Links().psa_app
    ide: bool = False
    introspection: bool = False
    trusted_documents: Manifest | None = None
    allow_private_psa: bool = False
    sockets: Annotated[int, msgspec.Meta(ge=1)] = 1000
    send_seconds: float = OutboxSettings().total_timeout
    lease_seconds: float = OutboxSettings().lease
    quarantine_seconds: float = OutboxSettings().quarantine
    node_file: Path | None = None
    log_level: str = "INFO"

    @property
    def pace(self) -> OutboxSettings:
        """The times by which exports live."""
        return OutboxSettings(self.lease_seconds, self.send_seconds, quarantine=self.quarantine_seconds)


def read(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Return the settings of an environment; what is given outranks it. Raise BadSettings."""
    names = {field.name: variable(field.name) for field in msgspec.structs.fields(Settings)}
    said = {name: environment[shown] for name, shown in names.items() if environment.get(shown)} | given
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in names.values())
    flaws = [f"there is no setting {name}" for name in strange]
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        if field.name not in said:
            flaws += [f"{names[field.name]}: it is needed"] if field.required else []
            continue
        try:
            values[field.name] = msgspec.convert(said[field.name], field.type, strict=False, dec_hook=_made)
        except msgspec.ValidationError as error:
            flaws.append(f"{names[field.name]}: {error}")
    if flaws:
        raise BadSettings("\n".join(flaws))
    settings = Settings(**values)
    if flaw := settings.pace.flaw():
        raise BadSettings(flaw)
    return settings


def variable(name: str) -> str:
    """Return the variable by which a setting is known."""
    return name.upper() if name.upper() in BARE else PREFIX + name.upper()


def _in_a_folder(said: str) -> Path:
    file = Path(said).absolute()
    if not os.access(file.parent, os.W_OK):
        raise ValueError(f"there is no folder {file.parent} that may be written to")
    return file


def _made(kind: type, said: Any) -> object:
    if kind is Path:
        return _in_a_folder(said)
    return Manifest.read(Path(said)) if kind is Manifest else kind(said)
