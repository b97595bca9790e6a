"""GraphiQL is taken from the pinned package only, without its maps, and never from outside the page's folder."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from schema.ide.fetch import NotFetched, unpack
from tests.house.sources import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = {"package/static/ruru.js": b"page", "package/ruru.html": b"<html>", "package/LICENSE.md": b"MIT"}
NOT_SHOWN = {"package/static/ruru.js.map": b"map", "package/dist/cli.js": b"cli", "package/static/../../out.js": b"out"}


def test_the_pages_files_are_unpacked_and_no_others(tmp_path: Path) -> None:
    package, integrity = _package(tmp_path, SHOWN | NOT_SHOWN)

    files = unpack(package, tmp_path / "page", integrity)

    there = {path.relative_to(tmp_path / "page").as_posix() for path in tmp_path.rglob("*.*") if path != package}
    assert files == len(SHOWN)
    assert there == {"static/ruru.js", "ruru.html", "LICENSE.md"}


def test_a_package_with_another_hash_is_refused_unopened(tmp_path: Path) -> None:
    package, _ = _package(tmp_path, SHOWN)

    with pytest.raises(NotFetched, match="not the one that was pinned"):
        unpack(package, tmp_path / "page", "another")

    assert not (tmp_path / "page").exists()


def test_without_npm_the_script_says_so_and_is_content(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import schema.ide.fetch as f; f.FOLDER = Path(sys.argv[1]); f.main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "ide"],
        cwd=ROOT, env={**os.environ, "PATH": ""}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "npm is not installed" in done.stdout
    assert "plain page" in done.stdout
    assert not (tmp_path / "ide").exists()


def _package(folder: Path, contents: dict[str, bytes]) -> tuple[Path, str]:
    path = folder / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path, base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
