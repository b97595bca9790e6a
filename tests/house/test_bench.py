"""What is started by hand only, and now and then, can still be started."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.psa_sandbox import ROOT

MODULES = sorted(
    f"{folder}.{file.stem}"
    for folder in ("bench", "tests.crash")
    for file in (ROOT / folder.replace(".", "/")).glob("*.py")
)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith(("__main__", "__init__"))])
def test_a_module_of_the_long_runs_can_be_imported(name: str):
    assert import_module(name).__doc__
