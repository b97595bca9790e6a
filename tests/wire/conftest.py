"""What tests of the wire may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.psa_sandbox import Sandbox, sandbox_process
from tests.wire.serving import Front, ServerProcess, front, server_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="module")
async def door(database_url: str) -> AsyncIterator[Front]:
    """Serve the module's database in this process."""
    async with front(database_url, ide=True, introspection=True) as opened:
        yield opened


@pytest.fixture(scope="module")
async def server(database_url: str) -> AsyncIterator[ServerProcess]:
    """Serve the module's database in a process of its own."""
    async with server_process(database_url, allowed_origins="https://app.example") as process:
        yield process


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Run a PSA in a process of its own for the module."""
    async with sandbox_process(tmp_path_factory.mktemp("psa")) as (_process, control):
        yield control
