"""The demo: two organisations to look at and a PSA beside them, with secrets that are made once and kept."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from db.connections import commands
from db.connections.tables import PsaConnection
from db.demo.counterparts import sandbox_seed
from db.demo.planting import KEYS, NEIGHBOUR_ORG, ORG, plant
from db.migrating import downgrade, upgrade
from db.organizations import User
from db.session import Database
from db.urls import with_driver
from db.vaults import BrokenSeal, Vault
from psa.hub import SESSION, SessionClaims, issue_token, local_key
from psa.sandbox.processes import NotStarted, SandboxProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

ORGS = (ORG, NEIGHBOUR_ORG)
WELCOME = """
One Projects API, with the demo organisation Northwind IT Services.

Tokens, as `Authorization: Bearer ...`, good for 8 hours (`app.py token --role MANAGER` makes more):
{tokens}

The PSA's key, as `X-Integration-Key`: {key}

GraphQL     {url}/graphql
In a browser, as the owner:
  {url}/graphql#token={token}
The contract {url}/schema.graphql
The whole job, step by step:
  make tour URL={url}
"""


class DemoSpoilt(NotStarted):
    """What lies in the folder and what lies in the database do not belong together."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of one demo."""

    signing_key: str = field(repr=False)
    sealing_key: str = field(repr=False)
    pepper: str = field(repr=False)

    def vault(self) -> Vault:
        """Return the vault they open."""
        return Vault([self.sealing_key], self.pepper)


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder with the demo's secrets and, once it was planted, its people."""

    folder: Path

    def secrets(self) -> Secrets:
        """Return the secrets, made at the first time, for the owner of the folder alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "secrets.json"
        if not path.exists():
            made = (secrets.token_urlsafe(48), Fernet.generate_key().decode(), secrets.token_urlsafe(32))
            _write(path, dict(zip(Secrets.__slots__, made, strict=True)))
        return Secrets(**json.loads(path.read_text("utf-8")))

    @property
    def integration_key(self) -> str:
        """Return the key that the PSA shows us; of a sandbox, so no secret."""
        return KEYS[ORG]

    @property
    def node_file(self) -> Path:
        """Return where the demo's node remembers how far its ledger had come."""
        return self.folder / "ledger.mark"

    def roles(self) -> list[str]:
        """Return the roles for which there is somebody; raise DemoSpoilt before the demo was ever started."""
        return list(self._people())

    def token(self, role: str, now: datetime) -> str:
        """Return a session of 8 h for the first person of a role. Raise DemoSpoilt."""
        if role not in self._people():
            raise DemoSpoilt(f"Nobody in the demo is {role}; there are {', '.join(self._people())}.")
        who = SessionClaims(**self._people()[role], org_id=ORG, role=role, expires_at=now + SESSION)
        return issue_token(local_key(self.secrets().signing_key), who, now)

    @contextmanager
    def running(self, database_url: str | None, now: datetime, *, reset: bool) -> Iterator[dict[str, Any]]:
        """Have the database planted and the PSA running; give the settings of a server between them.

        Raise DemoSpoilt, or NotStarted where the PSA does not come up.
        """
        made = self.secrets()
        url = with_driver(database_url or f"sqlite:///{self.folder / 'projects.db'}")
        if reset:
            downgrade(url, "base")
            for left in (*self.folder.glob("sandbox.db*"), *self.folder.glob(self.node_file.name)):
                left.unlink()
        upgrade(url)
        with SandboxProcess(free_port(), self.folder / "sandbox.db") as sandbox:
            asyncio.run(self.prepare(url, sandbox, now))
            yield {
                "database_url": url, "signing_key": made.signing_key, "sealing_keys": made.sealing_key,
                "pepper": made.pepper, "ide": True, "introspection": True, "allow_private_psa": True,
                "node_file": self.node_file,
            }  # fmt: skip

    def welcome(self, url: str, now: datetime) -> str:
        """Return what a newcomer should know first: where it is, who they can be, what to try."""
        tokens = "\n".join(f"  {role:8}{self.token(role, now)}" for role in self._people())
        return WELCOME.format(url=url, token=self.token("OWNER", now), tokens=tokens, key=self.integration_key)

    async def prepare(self, database_url: str, sandbox: SandboxProcess, now: datetime) -> None:
        """Plant what is not there yet, or point what is there at the sandbox. Raise DemoSpoilt."""
        database = Database(database_url)
        try:
            if await _is_planted(database):
                await self._reconnect(database, sandbox)
                return
            self.node_file.unlink(missing_ok=True)  # it remembers another database
            vault = self.secrets().vault()
            planted = await plant(database, today=now.date(), now=now, vault=vault, psa_url=sandbox.url)
            for facts in planted:
                sandbox.seed(sandbox_seed(facts))
            everybody = reversed(planted[0].ground.all(User))
            facts = {who.role: {"user_id": who.id, "name": who.name, "email": who.email} for who in everybody}
            _write(self.folder / "people.json", dict(sorted(facts.items(), key=lambda one: -one[0].rank)))
        finally:
            await database.close()

    async def _reconnect(self, database: Database, sandbox: SandboxProcess) -> None:
        if not sandbox.knows(ORG):
            raise DemoSpoilt("The database holds a demo whose PSA is gone: start again with RESET=1.")
        for org_id in ORGS:
            async with database.write(org_id) as session:
                (await session.get_one(PsaConnection, org_id)).api_url = sandbox.url
                try:
                    await commands.credentials(session, org_id, self.secrets().vault())
                except BrokenSeal:
                    raise DemoSpoilt("The database belongs to other secrets: start again with RESET=1.") from None

    def _people(self) -> dict[str, Any]:
        try:
            return json.loads((self.folder / "people.json").read_text("utf-8"))
        except FileNotFoundError:
            raise DemoSpoilt("There is no demo yet: make run starts one.") from None


async def _is_planted(database: Database) -> bool:
    async with database.read(ORG) as session:
        return await session.get(PsaConnection, ORG) is not None


def _write(path: Path, facts: Any) -> None:
    # Made for its owner alone from the first moment, and never seen half written.
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
    new.replace(path)
