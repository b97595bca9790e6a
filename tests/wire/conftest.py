"""What tests of the wire may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.organizations import Role
from db.session import Database
from tests import given
from tests.psa_sandbox import Sandbox, sandbox_process
from tests.wire.serving import Front, ServerProcess, front, server_process
from tests.wire.yards import DESCRIPTION, Yard, asks, opened

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


@pytest.fixture
async def yard(database_url: str) -> AsyncIterator[Yard]:
    """Serve the module's database on a socket, packets noted."""
    async with opened(database_url) as yard:
        yield yard


@pytest.fixture
async def described(yard: Yard, database_url: str) -> Any:
    """Return what stores a project whose description makes an answer of so many bytes, and asks for it."""
    database = Database(database_url)

    async def request(size: int) -> bytes:
        text = "w" * (size - len(b'{"data":{"project":{"description":""}}}'))
        owner = yard.place.users[Role.OWNER]
        project = given.project(yard.place.organization, owner, description=text)
        await given.stored(database, project)
        return yard.post(asks(DESCRIPTION, id=project.id))

    yield request
    await database.close()
