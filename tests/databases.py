"""The databases that tests run on: always both, always real, migrated once and copied for every module."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from db.migrating import upgrade
from db.session import Database
from tests.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

TEMPLATE = "template_migrated"
USED = pytest.StashKey[set[str]]()
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """Start a PostgreSQL server for this worker; it is started when the first test asks."""
    with Postgres() as server:
        pytestconfig.stash[USED].add(f"PostgreSQL {server.version}")
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Migrate a SQLite file for others to be copied from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite+aiosqlite:///{path}")
    pytestconfig.stash[USED].add(f"SQLite {sqlite3.sqlite_version}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Migrate a PostgreSQL database for others to be copied from."""
    _migrate(postgres.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a module of tests a migrated, empty database of its own, once on each of the two."""
    yield from {"sqlite": _sqlite, "postgresql": _postgresql}[request.param](request)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the module's database; every test brings an organisation of its own."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def _sqlite(request: pytest.FixtureRequest) -> Iterator[str]:
    template = request.getfixturevalue("sqlite_template")
    copy = shutil.copyfile(template, template.with_name(f"test_{next(_numbers)}.db"))
    yield f"sqlite+aiosqlite:///{copy}"
    copy.unlink()


def _postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    name = f"test_{next(_numbers)}"
    yield server.create_database(name, template)
    server.drop_database(name)


def _migrate(url: str) -> None:
    # In a thread: migrating runs a loop of its own, and pytest-asyncio has one in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url).result()


def pytest_configure(config: pytest.Config) -> None:
    """Remember which databases this run has really used."""
    config.stash[USED] = set()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this worker, where there is one."""
    output = getattr(session.config, "workeroutput", {})
    output["databases"] = sorted(session.config.stash[USED])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear from a worker that has finished."""
    node.config.stash[USED].update(getattr(node, "workeroutput", {}).get("databases", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show which databases were used, so that nobody has to believe it."""
    if config.stash[USED]:
        terminalreporter.write_line(f"databases: {', '.join(sorted(config.stash[USED]))}")
