"""What crash runs may ask for."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def empty_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give a test a migrated SQLite database of its own."""
    return f"sqlite+aiosqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'ledger.db')}"
