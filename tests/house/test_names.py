"""Our packages' names are taken in the registry by other projects: what is imported must be ours."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resolvers.strangers import OURS, InTheWay, refuse_strangers, strangers
from tests.house.sources import ROOMS, ROOT, plant

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_no_other_project_has_taken_our_names() -> None:
    assert strangers(packages_distributions()) == []


def test_what_is_imported_lies_in_this_tree() -> None:
    for name in ROOMS:
        spec = find_spec(name)

        assert spec is not None
        assert Path(str(spec.origin)).parent == ROOT / name


def test_a_stranger_is_named_with_what_to_do(tmp_path: Path) -> None:
    plant(tmp_path, "schema-0.7.7.dist-info/METADATA", "Metadata-Version: 2.1\nName: schema\nVersion: 0.7.7\n")
    plant(tmp_path, "schema-0.7.7.dist-info/top_level.txt", "schema\n")
    show = "import json; from importlib.metadata import *; print(json.dumps(packages_distributions()['schema']))"

    seen = subprocess.run(
        [sys.executable, "-c", show], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )

    assert seen.stdout.strip() == '["schema"]'
    assert strangers({"schema": ["schema"]}) == ["schema is taken: pip uninstall schema"]
    with pytest.raises(InTheWay, match="pip uninstall schema"):
        refuse_strangers({"schema": ["schema"]})


@pytest.mark.parametrize("installed", [{}, {"schema": [OURS], "db": [OURS]}, {"yarl": ["yarl"]}])
def test_our_own_wheel_and_other_names_are_let_through(installed: Mapping[str, list[str]]) -> None:
    assert strangers(installed) == []
