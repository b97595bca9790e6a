"""What tests of the database room may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.db.streets import Street, built, cleared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database


@pytest.fixture
async def street(database: Database) -> AsyncIterator[Street]:
    """Give a street, and leave nothing of it that another test could claim."""
    yield await built(database)
    await cleared(database)
