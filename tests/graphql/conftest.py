"""What tests of the contract may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.asking import Desk, open_desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.session import Database
    from tests.psa_sandbox import Sandbox


@pytest.fixture
async def desk(database: Database, sandbox: Sandbox) -> AsyncIterator[Desk]:
    """Open a desk with a tenant of its own; what a test scripts is forgotten after it."""
    opened = await open_desk(database, sandbox)
    yield opened
    await sandbox.faults()
    await opened.leave()
