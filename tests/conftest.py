"""What every test may ask for; a folder whose tests want another of it has one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.psa_sandbox import Sandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """Run a PSA on loopback for the module."""
    async with running_sandbox(tmp_path_factory.mktemp("psa")) as running:
        yield running
