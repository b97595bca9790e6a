"""Telling that the database could not do its work just now from a mistake of ours: the first may pass by itself."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# The primary codes of SQLite: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
OF_SQLITE = {5, 6, 8, 10, 13, 14}
# PostgreSQL: lost connections; not enough of something, such as disk; an administrator or a crash ended the session.
CLASSES = ("08", "53", "57P")
# Read-only, a serialization failure, a deadlock, a lock that nobody let go of in time, a statement that took too long.
STATES = {"25006", "40001", "40P01", "55P03", "57014"}
# asyncpg's words, which have no state: the second where it has heard that a session was ended, and has not closed yet.
GONE = ("connection is closed", "cannot switch to state")


def is_outage(error: BaseException | None) -> bool:
    """Tell whether the database, and not the statement, is why this failed: the same may succeed a little later."""
    while error is not None:
        if isinstance(error, NoConnectionFree | OSError) or _is_told(error):
            return True
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return False


def _is_told(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in OF_SQLITE
    state = getattr(error, "sqlstate", None) or ""
    return state in STATES or state.startswith(CLASSES) or any(words in str(error) for words in GONE)
