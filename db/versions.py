"""Which tables this program was written for; a server compares, and leaves migrating to `db.migrating`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Database

HEAD = "0001"  # a test compares it with the newest step


async def at_head(database: Database) -> bool:
    """Tell whether the database has the tables of this version. Raises the driver's error where it does not answer."""
    rows = await database.reader.fetch("SELECT version_num FROM alembic_version", ())
    return [row[0] for row in rows] == [HEAD]
