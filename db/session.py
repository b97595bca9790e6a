"""Units of work: the one commit of the program, sessions that know their organisation, readers that cannot write."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NewType

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from .base import Base
from .cursors import visit_once
from .drivers.readers import Reader, open_reader
from .plans.fragments import Fragments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.engine import URL, Dialect

    from .askers import Sight

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", AsyncSession)

SERVER_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "timezone": "UTC",
    "synchronous_commit": "on",  # whatever the server's default: a lost send marker means a double send
}


class Foreign(Exception):
    """A row of another organisation was about to be written: a bug, never a user's mistake."""


class Database:
    """The door to one database: `write` and `read` for units of work, `reader` for planned reads on the driver."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = _sqlite_writer(self.url) if self.is_sqlite else _postgres(self.url, pool_size)
        self._reading = _sqlite_reader(self.url) if self.is_sqlite else _postgres(self.url, 2, read_only=True)
        self._write_sessions = async_sessionmaker(self._writer, expire_on_commit=False, sync_session_class=_Session)
        self._read_sessions = async_sessionmaker(self._reading, expire_on_commit=False, sync_session_class=_Session)
        self.reader: Reader = open_reader(self.url, pool_size)
        self.written = asyncio.Event()  # set by every unit of this process; whoever waits for it clears it first
        self._fragments: dict[Sight, Fragments] = {}

    @property
    def dialect(self) -> Dialect:
        """Return the dialect that statements are compiled for."""
        return self._writer.dialect

    def fragments(self, sight: Sight) -> Fragments:
        """Return what plans for this database are made of; kept, because each fragment is compiled only once."""
        if sight not in self._fragments:
            self._fragments[sight] = Fragments(self.dialect, sight)
        return self._fragments[sight]

    @asynccontextmanager
    async def write(self, org_id: str | None) -> AsyncIterator[WriteSession]:
        """Open one unit of work; it is committed when the block ends without an exception.

        `None` opens a unit over all organisations: for the worker that sweeps and claims, and for credentials.
        """
        async with self._write_sessions(info={"org_id": org_id}) as session, session.begin() as unit:
            yield WriteSession(session)
            await session.flush()
            if unit.is_active:
                await unit.commit()
                self.written.set()

    @asynccontextmanager
    async def read(self, org_id: str | None) -> AsyncIterator[ReadSession]:
        """Open a session that cannot write (PostgreSQL and SQLite both refuse it)."""
        async with self._read_sessions(info={"org_id": org_id, "read_only": True}) as session:
            yield ReadSession(session)

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.close()
        await self._reading.dispose()
        await self._writer.dispose()


class _Session(Session):
    """A session of one organisation."""


@event.listens_for(_Session, "do_orm_execute")
def _only_its_organisation(state: ORMExecuteState) -> None:
    org_id = state.session.info["org_id"]
    if org_id is None or not state.is_orm_statement or not (state.is_select or state.is_update or state.is_delete):
        return
    state.statement = state.statement.options(
        with_loader_criteria(Base, lambda table: table.org_id == org_id, include_aliases=True)
    )


@event.listens_for(_Session, "before_flush")
def _stamp(session: Session, _context: object, _instances: object) -> None:
    org_id = session.info["org_id"]
    if org_id is None:
        return
    for row in session.new:
        if row.org_id is None:
            row.org_id = org_id
        elif row.org_id != org_id:
            message = f"a session of one organisation was given a {type(row).__name__} of another"
            raise Foreign(message)


def _postgres(url: URL, size: int, *, read_only: bool = False) -> AsyncEngine:
    settings = SERVER_SETTINGS | ({"default_transaction_read_only": "on"} if read_only else {})
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        pool_timeout=3,
        pool_recycle=1800,
        connect_args={"server_settings": settings},
    )


def _sqlite_writer(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, pool_size=1, max_overflow=0, pool_timeout=15)
    # FULL: with NORMAL a power cut may take the last commits, and a lost send marker means a double send.
    visit_once(engine)
    _on_connect(engine, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")
    # IMMEDIATE: read-then-write under a deferred BEGIN fails at once with "database is locked".
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _sqlite_reader(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url, hide_parameters=True, pool_size=4, max_overflow=0, pool_timeout=3, pool_reset_on_return=None
    )
    visit_once(engine)
    _on_connect(engine, "PRAGMA query_only=ON")
    return engine


def _on_connect(engine: AsyncEngine, *pragmas: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("PRAGMA busy_timeout=5000", "PRAGMA temp_store=MEMORY", *pragmas):
            cursor.execute(pragma)
        cursor.close()
