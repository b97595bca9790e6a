"""No file names a machine, a registry's host or work put off."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.house.sources import ROOT, files, inside, plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Written so that this file does not name them either.
UNWANTED = {
    "a path of one machine": re.compile(r"(?<![\w.<>/:-])/(?:root|work|home|Users)/[\w.-]"),
    "a registry's host": re.compile(r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|debian[.]org"),
    "work put off": re.compile(r"(?:#|//|<!--|--)\s*(?:TO[D]O|FIX[M]E|XX[X])\b|\bTO[D]O[:(]"),
}


def test_no_file_carries_unwanted_words() -> None:
    assert "\n".join(findings(ROOT)) == ""


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("see /" + "home/ann/projects", "a path of one machine"),
        ('path = "/' + 'root/.cache"', "a path of one machine"),
        ("index = https://pypi" + ".org/simple", "a registry's host"),
        ("https://files.pythonhosted" + ".org/packages", "a registry's host"),
        ('"resolved": "https://' + "npm" + 'js.org/a.tgz"', "a registry's host"),
        ("x = 1  # TO" + "DO later", "work put off"),
        ("<!-- FIX" + "ME -->", "work put off"),
        ("TO" + "DO: everything", "work put off"),
    ],
)
def test_an_unwanted_word_is_found(tmp_path: Path, text: str, finding: str) -> None:
    plant(tmp_path, "docs/page.md", f"first line\n{text}\n")

    assert list(findings(tmp_path)) == [f"docs/page.md:2 has {finding}"]


@pytest.mark.parametrize(
    "text", ['TODO = "TODO"', "https://psa.example/" + "work/tickets", "`/graphql`", "status: TODO\n"]
)
def test_an_innocent_word_is_let_through(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "docs/page.md", text)

    assert list(findings(tmp_path)) == []


def findings(root: Path) -> Iterator[str]:
    """Yield the place and kind of every unwanted word in a text file."""
    for path in files(root):
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            for kind, pattern in UNWANTED.items():
                if pattern.search(line):
                    yield f"{'/'.join(inside(path, root))}:{number} has {kind}"
