"""A disk so small that a test can fill it, and give it room again."""

from __future__ import annotations

import errno
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE = b"\0" * 4096  # what both databases and the kernel count in


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system of its own."""

    folder: Path

    def fill(self) -> None:
        """Leave not a page."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while ballast.write(PIECE):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def give_room(self) -> None:
        """Take away what filled it."""
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Mount one at a folder; skip the test where that is not allowed."""
    folder.mkdir()
    wanted = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(wanted, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"A disk that can be filled is a mount, which is not allowed here: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
