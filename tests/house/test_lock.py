"""The locks pin every package with its hashes, name no host, and are in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.sources import ROOT

ADDRESS = re.compile(r"https?:|--(?:[a-z-]*index|find|trusted)-")  # and options that say where packages come from
PIN = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[\w,-]+])?==(?P<version>[\w.!+-]+)"  # aiohttp[extra]==3.14.5
    r"(?: ; [^\\]+?)?(?P<hashes>(?: +--hash=sha256:[0-9a-f]{64})*)"
)


def test_the_locks_pin_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))

    assert complaints(runtime, _asked(project)) == []
    assert complaints(dev, _asked(project) + project["dependency-groups"]["dev"]) == []


def test_the_development_lock_only_adds_to_the_other() -> None:
    runtime, dev = (pins((ROOT / name).read_text()) for name in ("requirements.lock", "requirements-dev.lock"))

    assert runtime.items() <= dev.items()


GOOD = "yarl==1.25.1 \\\n    --hash=sha256:" + "0" * 64 + " \\\n    --hash=sha256:" + "1" * 64 + "\n"


@pytest.mark.parametrize(
    ("lock", "asked", "complaint"),
    [
        (GOOD, ["aiohttp>=3"], "aiohttp is not pinned"),
        (GOOD, ["yarl>=2"], "yarl is pinned to 1.25.1, which is not >=2"),
        ("yarl==1.25.1\n", ["yarl"], "yarl has no hash"),
        (GOOD + "yarl>=1\n", ["yarl"], "a line is no pin: yarl>=1"),
        ("--extra-index-" + "url elsewhere\n" + GOOD, ["yarl"], "an address is named"),
        ("# from https:" + "//host.example\n" + GOOD, ["yarl"], "an address is named"),
        ("--find-links wheels\n" + GOOD, ["yarl"], "an address is named"),
    ],
)
def test_a_lock_that_is_loose_or_out_of_step_is_refused(lock: str, asked: list[str], complaint: str) -> None:
    assert complaint in complaints(lock, asked)


def test_a_good_lock_is_let_through() -> None:
    assert complaints(GOOD, ["yarl[extra]>=1,<2 ; python_version > '3'"]) == []


def complaints(lock: str, asked: list[str]) -> list[str]:
    """Return a sentence for everything wrong with a lock."""
    said = ["an address is named"] if ADDRESS.search(lock) else []
    for line in _lines(lock):
        pin = PIN.fullmatch(line)
        if pin is None:
            said.append(f"a line is no pin: {line}")
        elif not pin["hashes"]:
            said.append(f"{pin['name']} has no hash")
    found = pins(lock)
    for requirement in map(Requirement, asked):
        version = found.get(canonicalize_name(requirement.name))
        if version is None:
            said.append(f"{requirement.name} is not pinned")
        elif version not in requirement.specifier:
            said.append(f"{requirement.name} is pinned to {version}, which is not {requirement.specifier}")
    return said


def pins(lock: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    found = filter(None, map(PIN.fullmatch, _lines(lock)))
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found}


def _lines(lock: str) -> list[str]:
    return [line.strip() for line in lock.replace("\\\n", "").splitlines() if line.strip()]


def _asked(project: dict[str, Any]) -> list[str]:
    extras = project["project"]["optional-dependencies"]
    return project["project"]["dependencies"] + [one for extra in extras.values() for one in extra]
