"""Who is asking: a credential becomes a viewer, or nobody at all."""

from __future__ import annotations

import hashlib
from asyncio import create_task, shield
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from db.organizations import Role
from db.refusals import OrganizationNotFound
from db.viewers import Person, Viewer, integration_viewer, known_viewer, load_viewer
from psa.hub import BadToken, read_token

if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable
    from datetime import datetime

    from db.session import Database
    from db.vaults import Vault
    from psa.hub import HubKey

REMEMBERED_FOR = timedelta(seconds=5)  # architecture 7: a change of role or a revoked key shows within this time
REMEMBERED = 10_000
KEY_LIMIT = 512  # characters


class Unauthenticated(Exception):
    """The credential lets nobody in. Every wrong one gets these words, so that they tell nothing about it."""

    code = "UNAUTHENTICATED"
    message = "A valid session token or integration key is needed."


@dataclass(slots=True)
class Credential:
    """What a caller showed: a Hub session token, or an organisation's integration key."""

    kind: str
    secret: str

    def __repr__(self) -> str:
        """Say what it is, and keep the secret."""
        return f"Credential({self.kind})"


def session(token: str) -> Credential:
    """Return a Hub session token as a credential."""
    return Credential("session", token)


def integration_key(key: str) -> Credential:
    """Return an integration key as a credential."""
    return Credential("integration", key)


def bearer(authorization: str) -> str | None:
    """Return the token of an `Authorization` header, or None where it is of another scheme."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Viewers:
    """Credentials' viewers, each remembered for 5 s in this process, so that a warm request pays no statement."""

    def __init__(self, database: Database, hub: HubKey, vault: Vault, clock: Callable[[], datetime]) -> None:
        """Take where people and keys are stored, the key that signs sessions, and the clock."""
        self._database = database
        self._hub = hub
        self._vault = vault
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Viewer, datetime]] = OrderedDict()
        self._asked: dict[bytes, Task[tuple[Viewer, datetime]]] = {}

    async def viewer(self, credential: Credential | None) -> Viewer:
        """Return who shows this credential; raise Unauthenticated."""
        if credential is None:
            raise Unauthenticated
        # Kept by its hash, so that memory holds no secrets; OpenSSL's would look its algorithm up each time.
        shown = f"{credential.kind}:{credential.secret}".encode(errors="surrogatepass")
        digest = hashlib.blake2b(shown, digest_size=32).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        # A page asks for much at once: who comes while the answer is under way waits for it, and does not ask again.
        asked = self._asked.get(digest) or self._ask(digest, credential)
        viewer, _ = await shield(asked)
        return viewer

    def is_over(self, credential: Credential) -> bool:
        """Tell whether a session's time is over; asks nobody."""
        try:
            read_token(self._hub, credential.secret, self._clock())
        except BadToken:
            return True
        return False

    def forget(self, org_id: str) -> None:
        """Ask anew for everybody of an organisation: its key or its settings were changed."""
        self._asked.clear()  # whose answer may be older than the change; of which organisation it is nobody knows yet
        for digest in [digest for digest, (viewer, _) in self._known.items() if viewer.org_id == org_id]:
            del self._known[digest]

    def _ask(self, digest: bytes, credential: Credential) -> Task[tuple[Viewer, datetime]]:
        ask = self._of_session if credential.kind == "session" else self._of_key
        asked = self._asked[digest] = create_task(ask(credential.secret))
        asked.add_done_callback(partial(self._remember, digest))
        return asked

    def _remember(self, digest: bytes, asked: Task[tuple[Viewer, datetime]]) -> None:
        refused = asked.cancelled() or asked.exception()
        if self._asked.get(digest) is not asked:
            return  # forgotten meanwhile
        del self._asked[digest]
        if refused:
            return
        self._known[digest] = asked.result()
        self._known.move_to_end(digest)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _of_session(self, token: str) -> tuple[Viewer, datetime]:
        now = self._clock()
        try:
            claims = read_token(self._hub, token, now)
            person = Person(claims.org_id, claims.user_id, claims.name, claims.email, Role(claims.role))
            viewer = await self._person(person)
        except (BadToken, OrganizationNotFound):
            raise Unauthenticated from None
        return viewer, min(now + REMEMBERED_FOR, max(claims.expires_at, now))

    async def _person(self, person: Person) -> Viewer:
        async with self._database.read(person.org_id) as session:
            viewer = await known_viewer(session, person)
        if viewer is not None:
            return viewer
        async with self._database.write(person.org_id) as unit:
            return await load_viewer(unit, person)

    async def _of_key(self, key: str) -> tuple[Viewer, datetime]:
        if not key.isascii() or not 0 < len(key) <= KEY_LIMIT:
            raise Unauthenticated
        # Found by a keyed hash, so how long the search takes says nothing about a key.
        async with self._database.read(None) as session:
            viewer = await integration_viewer(session, self._vault.digest(key))
        if viewer is None:
            raise Unauthenticated
        return viewer, self._clock() + REMEMBERED_FOR
