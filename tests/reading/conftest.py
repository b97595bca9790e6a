"""What the comparison of readers may ask for: a populated database, the same on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.session import Database
from tests.reading.population import populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the module's database, populated."""
    opened = Database(database_url)
    await populate(opened)
    yield opened
    await opened.close()
