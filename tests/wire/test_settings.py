"""Settings are typed, known by name, and show no secret; the command line says what is wrong in a sentence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import msgspec
import pytest

from db.urls import with_driver
from schema.serving.settings import BadSettings, Settings, read, variable
from tests.psa_sandbox import ROOT
from tests.wire.serving import PEPPER, SEALING_KEY, SIGNING_KEY, environment, settings

URL = "postgresql://projects:canary-password@db.example/projects"


def test_no_secret_is_shown():
    chosen = settings(URL)

    shown = f"{chosen!r} {chosen} {msgspec.structs.asdict(chosen)}"

    assert [secret for secret in (SIGNING_KEY, SEALING_KEY, PEPPER, "canary-password") if secret in shown] == []


def test_an_unknown_name_is_refused():
    with pytest.raises(BadSettings, match="there is no setting PROJECTS_SIGNINGKEY") as refused:
        read(environment(URL) | {"PROJECTS_SIGNINGKEY": "canary"})

    assert "canary" not in str(refused.value)


def test_settings_come_from_the_environment():
    said = environment(URL, ide="1", lease_seconds="7.5", send_seconds="2", host="0.0.0.0", app_url="")  # noqa: S104 - unused

    chosen = read(said | {"PORT": "8123"})

    assert (chosen.port, chosen.ide, chosen.introspection, chosen.lease_seconds) == (8123, True, False, 7.5)
    assert (chosen.database_url.reveal(), chosen.app_url) == (URL, settings(URL).app_url)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "70000", "PORT: Expected `int` <= 65535"),
        ("PROJECTS_IDE", "perhaps", "PROJECTS_IDE: Expected `bool`, got `str`"),
        ("PROJECTS_SIGNING_KEY", "canary-x", "PROJECTS_SIGNING_KEY: it needs 32 characters or more"),
    ],
)
def test_a_wrong_value_is_refused_without_being_shown(name: str, value: str, sentence: str):
    with pytest.raises(BadSettings) as refused:
        read(environment(URL) | {name: value})

    assert str(refused.value) == sentence


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(BadSettings) as refused:
        read({"PORT": "x", "PROJECTS_PEPER": "canary", "PROJECTS_SEALING_KEYS": "canary"}, database_url=URL)

    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "there is no setting PROJECTS_PEPER", "PORT", "PROJECTS_SIGNING_KEY", "PROJECTS_PEPPER",
    ]  # fmt: skip


LEASE = "PROJECTS_LEASE_SECONDS (20) must be more than PROJECTS_SEND_SECONDS (15) + 5"
QUARANTINE = "PROJECTS_QUARANTINE_SECONDS (14) must not be less than PROJECTS_SEND_SECONDS (15)"
FOLDER = "PROJECTS_NODE_FILE: there is no folder /nowhere that may be written to"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [("lease_seconds", 20, LEASE), ("quarantine_seconds", 14, QUARANTINE), ("node_file", "/nowhere/node", FOLDER)],
)
def test_what_would_risk_a_second_send_is_refused_in_a_sentence(name: str, value: object, sentence: str):
    done = _app("serve", env=environment(URL, **{name: value}))

    assert done.returncode == 1
    assert [line.split(":" if name != "node_file" else "\n")[0] for line in done.stderr.splitlines()] == [sentence]


@pytest.mark.parametrize(
    ("url", "driven"),
    [
        ("postgres://a@b/c", "postgresql+asyncpg://a@b/c"), ("postgresql://a@b/c", "postgresql+asyncpg://a@b/c"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"), ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("postgresql+asyncpg://a@b/c", "postgresql+asyncpg://a@b/c"),
    ],
)  # fmt: skip
def test_a_database_is_named_as_people_name_it(url: str, driven: str):
    assert with_driver(url) == driven


def test_a_missing_setting_is_told_in_a_line():
    said = {name: value for name, value in environment(URL).items() if name != "PROJECTS_SIGNING_KEY"}

    done = _app("serve", env=said)

    assert done.returncode == 1
    assert done.stderr.splitlines() == ["PROJECTS_SIGNING_KEY: it is needed"]


def test_a_port_in_use_is_told_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = _app("serve", env=environment(URL) | {"PORT": str(port)})

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Cannot listen on 127.0.0.1:{port} (Address already in use): choose another port with PORT="
    ]


def test_the_contract_is_printed():
    done = _app("schema", env=dict(os.environ))

    assert done.returncode == 0
    assert "type Mutation" in done.stdout


def test_a_server_loads_neither_migrations_nor_a_command_line_nor_a_client_before_it_calls():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = environment(URL) | {"PORT": str(taken.getsockname()[1]), "PYTHONPROFILEIMPORTTIME": "1"}

        done = _app("serve", env=env)

    assert "Cannot listen" in done.stderr
    assert "strawberry" in done.stderr
    assert [
        name for name in ("alembic", "cyclopts", "rich", "psa.sandbox", "psa.transport") if name in done.stderr
    ] == []


def _app(command: str, *, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_the_readme_names_every_setting():
    told = (ROOT / "README.md").read_text("utf-8")
    names = [variable(field.name) for field in msgspec.structs.fields(Settings)]

    assert [name for name in names if f"`{name}`" not in told] == []
