"""What tests of the database room may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.session import Database
from tests.db.streets import Street, built, cleared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the module's database; every test brings an organisation of its own."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def street(database: Database) -> AsyncIterator[Street]:
    """Give a street, and leave nothing of it that another test could claim."""
    yield await built(database)
    await cleared(database)
