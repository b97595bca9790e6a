"""What tests of the contract may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.session import Database
from tests.asking import Desk, open_desk
from tests.psa_sandbox import Sandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the module's database; every test brings an organisation of its own."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Run a PSA on loopback for the module."""
    async with running_sandbox(tmp_path_factory.mktemp("psa")) as running:
        yield running


@pytest.fixture
async def desk(database: Database, sandbox: Sandbox) -> AsyncIterator[Desk]:
    """Open a desk with a tenant of its own; what a test scripts is forgotten after it."""
    opened = await open_desk(database, sandbox)
    yield opened
    await sandbox.faults()
    await opened.leave()
